// A port for a test that must know it before its server has it.

/**
 * A port that nobody has. It is below those that the kernel hands out by itself, so that no other
 * socket gets it by chance until it is used.
 */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Somebody has it.
    }
  }
}
