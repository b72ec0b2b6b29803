import { TOKEN_PROTOCOL } from "../../schema/feed-protocol.ts";

/** The scheme's name is case-insensitive (RFC 9110 section 11.1). Undefined where there is none, or another. */
export function bearerToken({ headers }: Request): string | undefined {
  return /^bearer +(.+)$/i.exec(headers.get("Authorization") ?? "")?.[1];
}

/** The token among the subprotocols that a WebSocket client offers, which are the one thing that a browser lets it say. */
export function protocolToken({ headers }: Request): string | undefined {
  const offered = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((protocol) => protocol.trim());
  const encoded = offered.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
    return new TextDecoder().decode(bytes);
  } catch {
    return "";
  }
}
