// How long one turn of the event loop may be held up by connections that move: others are served
// between the turns. With what Bun does in a turn by itself it is to stay under 10 ms.

/** After so long, the rest waits for the next turn. */
export const TURN_MS = 4;
