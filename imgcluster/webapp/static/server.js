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

async function answer(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  if (!response.ok || body === null) {
    throw new Error(body?.error ?? `The server answered ${response.status}.`);
  }
  return body;
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  return answer(response);
}

// signal: of an AbortController, here and below.
export const getJson = (url, signal) => ask(url, { signal });

// A photo of the catalogue as a file, which a box can be searched in like in any other.
export const getPhoto = (url, name, signal) => fetch(url, { signal }).then((response) => response.blob())
  .then((blob) => new File([blob], name));

// The name of the file stays here; only its content is sent.
export const postPhoto = (file, box, signal) => ask(`/api/search${box ? `?box=${box.join(",")}` : ""}`, {
  method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file, signal });
