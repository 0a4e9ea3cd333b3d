// What is asked of the server, and what goes wrong in words.
const message = document.getElementById("message");
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
    const told = await response.json().catch(() => null);
    throw new Error(told?.error ?? `The server answered ${response.status}.`);
  }
  return response;
}

// The body of a response, once all of it is there.
async function whole(body) {
  try {
    return await body;
  } catch {
    throw new Error("The server broke off its answer. Try again.");
  }
}

const askForJson = async (url, options) => whole((await ask(url, options)).json());

// signal: of an AbortController, here and below.
export const getJson = (url, signal) => askForJson(url, { signal });

// A photo of the catalogue as a file, which a box can be searched in like in any other.
export const getPhoto = async (url, name, signal) => new File([await whole((await ask(url, { signal })).blob())], name);

// The name of the file stays here; only its content is sent.
export const postPhoto = (file, box, signal) => askForJson(`/api/search${box ? `?box=${box.join(",")}` : ""}`, {
  method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file, signal });
