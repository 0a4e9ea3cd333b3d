// What is asked of the server, and what goes wrong in words.
const message = document.getElementById("message");
const BROKEN_OFF = "The server broke off its answer. Try again.";
let failed = "";

// Say what went wrong; task: what is tried again where it goes well the next time (`clearError`).
export function showError(text, task = "") {
  failed = task;
  message.textContent = text;
  message.hidden = !text;
  if (text) {
    message.scrollIntoView({ block: "nearest" });
  }
}

export const clearError = (task) => failed === task && showError("");

// The response to a request; its error where it is one.
async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  if (!response.ok) {
    throw new Error((await json(response))?.error ?? `The server answered ${response.status}.`);
  }
  return response;
}

// What a response holds, or null where that is no JSON.
const json = (response) => response.json().catch(() => null);

async function askForJson(url, options) {
  const found = await json(await ask(url, options));
  if (found === null) {
    throw new Error(BROKEN_OFF);
  }
  return found;
}

// signal: of an AbortController, here and below.
export const getJson = (url, signal) => askForJson(url, { signal });

// A photo of the catalogue as a file, which a box can be searched in like in any other.
export async function getPhoto(url, name, signal) {
  const response = await ask(url, { signal });
  const content = await response.blob().catch(() => null);
  if (content === null) {
    throw new Error(BROKEN_OFF);
  }
  return new File([content], name);
}

// The name of the file stays here; only its content is sent.
export const postPhoto = (file, box, signal) => askForJson(`/api/search${box ? `?box=${box.join(",")}` : ""}`, {
  method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file, signal });
