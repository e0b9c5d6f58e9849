// The files that the Debian package installs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { completionScript } from "../../../src/cli/completion/script.ts";
import { ROOT } from "../../../src/cli/root.ts";
import { type Entry, file, gzip } from "../../archive.ts";
import { changelog } from "./changelog.ts";
import { copyright } from "./copyright.ts";
import { manualPage } from "./manual-page.ts";
import { packagedUnit } from "./unit.ts";

/** What the package is made from. */
interface Ingredients {
  /** The checkout. */
  readonly root: string;
  readonly executable: Uint8Array;
  /** The folder with the executable's source maps. */
  readonly maps: string;
  /** When the commit was made, in seconds since 1970. */
  readonly seconds: number;
}

const SHARE = "usr/share";

/** All files, each with its path below the root. */
export async function dataFiles({
  root,
  executable,
  maps,
  seconds,
}: Ingredients): Promise<Entry[]> {
  const [bash, zsh, fish, page] = await Promise.all([
    completionScript("bash", ROOT),
    completionScript("zsh", ROOT),
    completionScript("fish", ROOT),
    manualPage(seconds),
  ]);
  return [
    file("usr/bin/pounce", executable, 0o755),
    file("usr/lib/systemd/system/pounce.service", packagedUnit()),
    file("usr/lib/sysusers.d/pounce.conf", beside("sysusers.conf")),
    file("usr/libexec/pounce/handover", beside("handover.sh"), 0o755),
    file("etc/pounce/pounce.toml", beside("pounce.toml")),
    // needrestart runs this instead of `systemctl restart`.
    file("etc/needrestart/restart.d/pounce.service", beside("needrestart.sh"), 0o755),
    file(`${SHARE}/bash-completion/completions/pounce`, bash),
    file(`${SHARE}/zsh/vendor-completions/_pounce`, zsh),
    file(`${SHARE}/fish/vendor_completions.d/pounce.fish`, fish),
    file(`${SHARE}/man/man1/pounce.1.gz`, zipped(page)),
    file(`${SHARE}/doc/pounce/copyright`, copyright(root, maps)),
    file(`${SHARE}/lintian/overrides/pounce`, beside("lintian-overrides")),
    file(`${SHARE}/doc/pounce/changelog.gz`, zipped(changelog(seconds))),
  ];
}

function beside(name: string): Uint8Array {
  return readFileSync(join(import.meta.dir, name));
}

function zipped(text: string): Uint8Array {
  return gzip(new Uint8Array(Buffer.from(text)));
}
