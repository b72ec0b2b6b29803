import { describe, expect, test } from "vitest";
import { contradictsPath } from "../../src/http/deception.ts";

const HTML = "text/html; charset=utf-8";

describe("a response contradicts its path", () => {
  test.each([
    ["/account/x.css", HTML],
    ["/account/x.CSS", "TEXT/HTML"],
    ["/account/x.js", "text/html"],
    ["/account/x.mjs", "application/xhtml+xml"],
    ["/account/x.jpg", HTML],
    ["/account/x.png", "application/json"],
    ["/account/x.gif", "text/plain"],
    ["/account/x.webp", "application/xml"],
    ["/account/x.svg", "application/json"],
    ["/account/x.woff2", HTML],
    ["/account/x.mp4", HTML],
    ["/account/x.mp3", "application/problem+json"],
    ["/account/x.pdf", HTML],
    ["/account/x.txt", HTML],
    ["/account/x.txt", "application/json"],
    ["/account/x.csv", "text/html"],
    ["/account/x.xml", "text/html"],
    ["/account/x.json", "text/html"],
    ["/account/x.map", "text/html"],
    ["/account/x.wasm", "text/html"],
    ["/account/x.zip", "text/html"],
    ["/account/x.tar.gz", "text/html"],
    ["/account/x.js", "text/css"],
    ["/account/x.css", "image/png"],
    ["/account/x.css", "text/event-stream"],
    ["/account/x.css", " text/html ;charset=utf-8"],
    ["/account;x.css", HTML],
    ["/account/x.css;v=1", HTML],
    ["/account/x.css;id=1.5", HTML],
    ["/account%3bx.css", HTML],
    ["/account/x%2ecss", HTML],
    ["/account/x.%63ss", HTML],
    ["/account%2fx.css", HTML],
    ["/account/%zz.css", HTML],
    ["/account/x.css%00", HTML],
    ["/account/.css", HTML],
  ])("%s as %s", (path, type) => {
    expect(contradictsPath(path, type)).toBe(true);
  });
});

describe("a response agrees with its path, or says nothing of it", () => {
  test.each<[path: string, type: string | null]>([
    ["/x.css", "text/css; charset=utf-8"],
    ["/x.CSS", "Text/CSS"],
    ["/x.js", "text/javascript"],
    ["/x.js", "application/javascript"],
    ["/x.js", "application/x-javascript"],
    ["/x.jpg", "image/webp"],
    ["/x.gif", "video/webm"],
    ["/x.svg", "image/svg+xml"],
    ["/x.svg", "text/xml"],
    ["/x.ico", "image/vnd.microsoft.icon"],
    ["/x.woff", "font/woff"],
    ["/x.woff", "application/font-woff"],
    ["/x.ttf", "application/x-font-ttf"],
    ["/x.eot", "application/vnd.ms-fontobject"],
    ["/x.mp4", "video/mp4"],
    ["/x.mp3", "audio/mpeg"],
    ["/x.pdf", "application/pdf"],
    ["/x.csv", "text/plain"],
    ["/x.txt", "text/plain"],
    ["/x.json", "application/ld+json"],
    ["/x.xml", "application/rss+xml"],
    ["/x.map", "application/json"],
    ["/x.wasm", "application/wasm"],
    ["/x.zip", "application/zip"],
    ["/x.tar.gz", "application/gzip"],
    ["/x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    ["/x.css", "application/octet-stream"],
    ["/x.jpg", "binary/octet-stream"],
    ["/x.css", null],
    ["/x.css", ""],
    ["/x.css", "application/x-unheard-of"],
    ["/account", HTML],
    ["/account/", HTML],
    ["/x.css/", HTML],
    ["/x.css/y", HTML],
    ["/page.html", HTML],
    ["/page.php", HTML],
    ["/user/jane.doe", HTML],
    ["/v1.2", HTML],
    ["/constructor.toString", HTML],
  ])("%s as %s", (path, type) => {
    expect(contradictsPath(path, type)).toBe(false);
  });
});
