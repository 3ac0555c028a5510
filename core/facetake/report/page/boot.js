// Starts the page: gives every inert module an address and maps the names that modules import each other by to these.
// A page opened from a disk cannot import its neighbours, but it can import what it made itself.
"use strict";
(() => {
  const imports = {};
  for (const element of document.querySelectorAll("script[data-module]")) {
    const source = new Blob([element.textContent], { type: "text/javascript" });
    imports[element.dataset.module] = URL.createObjectURL(source);
    element.textContent = "";
  }
  const map = document.createElement("script");
  map.type = "importmap";
  map.textContent = JSON.stringify({ imports });
  document.head.append(map);
  const start = document.createElement("script");
  start.type = "module";
  start.textContent = 'import "report/main";';
  document.head.append(start);
})();
