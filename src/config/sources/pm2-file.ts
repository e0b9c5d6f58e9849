// A file of PM2's in the place of an app or a configuration: somebody moves over.

const PM2_FILE = /(?:^|\/)(?:ecosystem|pm2)\.config\.[cm]?[jt]s$/;

/** What to do with a file that PM2 would read; undefined: it has another name. */
export function adviceOnPm2File(path: string): string | undefined {
  return PM2_FILE.test(path)
    ? `pounce init --from-pm2 ${path} writes a pounce.toml from it`
    : undefined;
}
