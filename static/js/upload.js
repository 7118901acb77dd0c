/* Uploading with progress, cancel and drag and drop. Without it the form sends itself. */
"use strict";

(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const file = form.elements.file;
  const drop = form.querySelector("[data-drop]");
  const sending = form.querySelector("[data-sending]");
  const bar = sending.querySelector("progress");
  const told = sending.querySelector("[data-told]");
  const send = form.querySelector("[data-send]");
  const cancel = form.querySelector("[data-cancel]");

  const say = (words) => {
    sending.hidden = false;
    told.textContent = words;
  };

  const size = (bytes) => {
    const units = ["bytes", "KB", "MB", "GB"];
    let place = 0;
    while (bytes >= 1024 && place < units.length - 1) {
      bytes /= 1024;
      place += 1;
    }
    return `${bytes.toFixed(place ? 1 : 0)} ${units[place]}`;
  };

  const busy = (request) => {
    send.disabled = Boolean(request);
    cancel.hidden = !request;
    bar.hidden = !request;
    cancel.onclick = () => request?.abort();
  };

  // The file goes last but one: the field after it tells the server that it has all of it.
  const body = () => {
    const data = new FormData(form);
    const chosen = file.files[0];
    data.delete("file");
    data.delete("complete");
    data.append("name", chosen.name);
    data.append("file", chosen, "upload");
    data.append("complete", "yes");
    return data;
  };

  const answered = (request) => {
    busy(null);
    const answer = request.response;
    if (answer?.next) {
      location.assign(answer.next);
    } else if (answer?.errors) {
      say(answer.errors.join(" "));
    } else if (request.status === 403) {
      say("You are signed out, or this is not for your role. Open the page again.");
    } else {
      say("The server did not take the file. Nothing was kept. Try again soon.");
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = file.files[0];
    if (!chosen) {
      say("Choose a file.");
      file.focus();
      return;
    }
    if (chosen.size > Number(form.dataset.limit)) {
      say(`The file is larger than ${form.dataset.limitLabel}, the most that is taken.`);
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (now) => {
      bar.value = (100 * now.loaded) / now.total;
      say(`${size(now.loaded)} of ${size(now.total)} sent.`);
    });
    request.upload.addEventListener("load", () => say("All sent. Looking at the file."));
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => {
      busy(null);
      say("The connection broke off. Nothing was kept. Try again.");
    });
    request.addEventListener("abort", () => {
      busy(null);
      say("Cancelled. Nothing was kept.");
    });
    busy(request);
    say("Starts to send.");
    request.send(body());
  });

  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.dataset.over = "";
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => delete drop.dataset.over);
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length !== 1) {
      say("Drop one file at a time.");
      return;
    }
    file.files = event.dataTransfer.files;
    say(`${file.files[0].name} is ready to be sent.`);
    bar.hidden = true;
  });
})();
