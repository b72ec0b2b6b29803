/** The subprotocol of the live feed (RFC 6455 section 1.9). */
export const FEED_PROTOCOL = "larder.v1";
/** A subprotocol that begins so carries the token, in base64url: a browser can set no other field. */
export const TOKEN_PROTOCOL = "larder-token.";
/** For so long a ticket opens one feed. */
export const TICKET_SECONDS = 60;
/** What a client may send, and what it is answered, without waking the object. */
export const PING = "ping";
export const PONG = "pong";
