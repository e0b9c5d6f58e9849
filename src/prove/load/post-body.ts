// The body that is sent with each POST: before the load, so that it is known what is answered to
// it, and during the load.

export const POST_HEADERS = { "Content-Type": "text/plain" };

/** More than one packet, and less than any server's limit. */
export const POST_BODY = Buffer.alloc(16 * 1024, "pounce prove ");
