// Whether the file system of a folder tells of changes. What another machine writes on a shared one
// is not told here.
import { readFileSync } from "node:fs";

/** Network file systems, and those that a virtual machine shares with its host. */
const WITHOUT_EVENTS: ReadonlySet<string> = new Set([
  "9p",
  "ceph",
  "cifs",
  "drvfs",
  "fuse.grpcfuse",
  "fuse.osxfs",
  "fuse.sshfs",
  "fuse.vmhgfs-fuse",
  "nfs",
  "nfs4",
  "prl_fs",
  "smb3",
  "vboxsf",
  "virtiofs",
  "vmhgfs",
]);

/** Why there may be no events of changes in `folder`, in words; undefined: there are. */
export function eventlessSystem(folder: string, mounts = readMounts()): string | undefined {
  const type = typeOf(folder, mounts);
  if (type === undefined || !WITHOUT_EVENTS.has(type)) return undefined;
  return `The file system of ${folder} (${type}) may not tell of changes`;
}

/** The type of the innermost mount that holds a folder. */
function typeOf(folder: string, mounts: string): string | undefined {
  const rows = mounts.split("\n").map((row) => {
    const [before = "", after = ""] = row.split(" - ");
    const point = (before.split(" ")[4] ?? "").replaceAll("\\040", " ");
    return { point, type: after.split(" ")[0] };
  });
  const holding = rows.filter(
    ({ point }) => folder === point || folder.startsWith(point === "/" ? "/" : `${point}/`),
  );
  const inner = holding.toSorted((one, other) => other.point.length - one.point.length);
  return inner[0]?.type;
}

function readMounts(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return "";
  }
}
