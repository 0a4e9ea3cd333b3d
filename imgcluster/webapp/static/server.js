// What is asked of the server, and what goes wrong in words.
const message = document.getElementById("message");

export function showError(text) {
  message.textContent = text;
  message.hidden = !text;
  if (text) {
    message.scrollIntoView({ block: "nearest" });
  }
}

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

export const getJson = (url) => ask(url).catch((error) => { showError(error.message); throw error; });

// A photo of the catalogue as a file, which a box can be searched in like in any other.
export const getPhoto = (url, name) => fetch(url).then((response) => response.blob()).then((blob) => new File([blob], name));

// The name of the file stays here; only its content is sent.
export const postPhoto = (file, box) => ask(`/api/search${box ? `?box=${box.join(",")}` : ""}`, {
  method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
