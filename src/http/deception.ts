/** What a response is, as far as its media type says; `unknown` is a type this table does not have. */
type MediaKind =
  | "archive"
  | "audio"
  | "binary"
  | "csv"
  | "font"
  | "html"
  | "image"
  | "json"
  | "pdf"
  | "script"
  | "style"
  | "text"
  | "unknown"
  | "video"
  | "wasm"
  | "xml";

interface ExtensionKind {
  readonly extensions: string;
  /** Beside `binary` and `unknown`, which never contradict. */
  readonly kinds: readonly MediaKind[];
}

/**
 * Pictures may be films and the other way round, since servers convert them without a new name. JSON is JavaScript to
 * many servers, and a list or a log is plain text.
 */
const BY_EXTENSION: ReadonlyMap<string, readonly MediaKind[]> = new Map(
  (
    [
      { extensions: "css", kinds: ["style"] },
      { extensions: "js mjs cjs", kinds: ["script"] },
      { extensions: "map", kinds: ["json", "text", "script"] },
      { extensions: "json webmanifest", kinds: ["json", "script", "text"] },
      { extensions: "png jpg jpeg jpe gif webp avif ico bmp tif tiff jxl heic heif", kinds: ["image", "video"] },
      { extensions: "svg", kinds: ["image", "xml"] },
      { extensions: "svgz", kinds: ["image", "xml", "archive"] },
      { extensions: "mp4 m4v webm ogv mov avi mkv ts", kinds: ["video", "audio", "image"] },
      { extensions: "mp3 m4a ogg oga opus wav flac aac mid midi", kinds: ["audio", "video"] },
      { extensions: "woff woff2 ttf otf eot", kinds: ["font"] },
      { extensions: "pdf", kinds: ["pdf"] },
      { extensions: "txt", kinds: ["text", "csv"] },
      { extensions: "csv", kinds: ["csv", "text"] },
      { extensions: "xml xsl rss atom", kinds: ["xml"] },
      { extensions: "wasm", kinds: ["wasm"] },
      { extensions: "zip gz tgz bz2 xz 7z rar tar zst jar", kinds: ["archive"] },
      { extensions: "exe dmg iso apk bin class doc docx xls xlsx ppt pptx ps eps swf", kinds: ["archive"] },
    ] satisfies readonly ExtensionKind[]
  ).flatMap(({ extensions, kinds }) => extensions.split(" ").map((one) => [one, kinds] as const)),
);

/** The first that fits a media type; lower case, without parameters. */
const BY_TYPE: readonly (readonly [RegExp, MediaKind])[] = [
  [/^(?:text\/html|application\/xhtml\+xml)$/, "html"],
  [/^(?:application|binary)\/(?:octet-stream|x-binary)$/, "binary"],
  [/^image\//, "image"],
  [/^video\/|^application\/(?:mp4|vnd\.apple\.mpegurl)$/, "video"],
  [/^audio\/|^application\/ogg$/, "audio"],
  [/^font\/|^application\/(?:x-)?font-|^application\/(?:vnd\.ms-fontobject|x-font)$/, "font"],
  [/^(?:text|application)\/(?:x-)?(?:java|ecma)script$/, "script"],
  [/^text\/css$/, "style"],
  [/\/json$|\+json$|^application\/(?:x-)?ndjson$/, "json"],
  [/\/xml$|\+xml$|^text\/xsl$/, "xml"],
  [/^(?:text|application)\/csv$/, "csv"],
  [/^application\/pdf$/, "pdf"],
  [/^application\/wasm$/, "wasm"],
  [/^application\/(?:x-)?(?:zip|gzip|bzip2?|xz|7z|rar|tar|zstd|java-archive)/, "archive"],
  // Forms and streams of events answer somebody; no file is one.
  [/^text\/event-stream$|^multipart\/|^application\/x-www-form-urlencoded$/, "html"],
  [/^text\//, "text"],
];

/**
 * Whether a response is of another kind than its path's extension says, as where an origin serves `/account` for
 * `/account/x.css` too: web cache deception. What contradicts its path is not to be stored for others.
 *
 * It is Cloudflare's Cache Deception Armor (developers.cloudflare.com/cache/cache-security/cache-deception-armor), of
 * which only the outline is published: `application/octet-stream` agrees with every extension, and kinds that servers
 * put in each other's place, such as `.gif` as `video/webm`, agree. It differs in that:
 *
 * - an extension is looked for as an origin might read the path, too: decoded, and with or without `;` and what follows
 * - a response without a Content-Type, or of a type that is in no table, contradicts nothing, whatever the armor does
 * - no field of the response overrides it here: the caller decides that
 *
 * It cannot see an attack whose page is of the extension's own kind: `/account.json/x.json`.
 */
export function contradictsPath(pathname: string, contentType: string | null): boolean {
  const kind = kindOf(contentType);
  if (kind === "unknown" || kind === "binary") return false;
  return extensionsOf(pathname).some((extension) => BY_EXTENSION.get(extension)?.includes(kind) === false);
}

function kindOf(contentType: string | null): MediaKind {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return BY_TYPE.find(([form]) => form.test(type))?.[1] ?? "unknown";
}

/** The extensions a path may be said to have: that of its last segment, as it is and without path parameters. */
function extensionsOf(pathname: string): readonly string[] {
  const path = decoded(pathname).toLowerCase();
  const last = path.slice(path.lastIndexOf("/") + 1);
  const [bare = ""] = last.split(/[;\0]/, 1);
  return [...new Set([extensionOf(last), extensionOf(bare)])].filter((extension) => extension !== undefined);
}

function extensionOf(segment: string): string | undefined {
  const dot = segment.lastIndexOf(".");
  return dot === -1 ? undefined : segment.slice(dot + 1);
}

/** Byte by byte, so that one encoding that means nothing does not hide the others; only ASCII matters here. */
function decoded(pathname: string): string {
  return pathname.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
