// What pounce can do on which system, said in one place: pure, so that a table can test it.

/**
 * Why pounce cannot serve on a system, as one line; `undefined` when it can.
 *
 * @param platform as `process.platform` names it
 */
export function servingProblem(platform: string): string | undefined {
  switch (platform) {
    case "linux":
      return undefined;
    case "darwin":
      return (
        "pounce cannot serve on macOS: its workers listen on one address (SO_REUSEPORT) and pass " +
        "listeners on as only Linux does; build, init, schema and completion work here. Serve on " +
        "Linux, for instance in a container"
      );
    default:
      return (
        `pounce cannot serve on ${platform}: it needs what Linux has for sharing an address ` +
        "among processes, and its signals"
      );
  }
}
