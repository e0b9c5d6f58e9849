// Units for the place where a server really is.
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { demandsOf } from "../../../src/cli/init/demands.ts";
import { type Place, placeIn, USUAL_PLACE } from "../../../src/cli/init/place.ts";
import { startingPoint } from "../../../src/cli/init/starting-points.ts";
import { isMissing, runTool } from "../../helpers/tools.ts";

const root = mkdtempSync(join(tmpdir(), "pounce-units-"));
afterAll(() => rmSync(root, { recursive: true }));

function unitFor(kind: "systemd" | "supervisor", place: Partial<Place>): string[] {
  const all = { executable: "/opt/pounce", config: "/opt/shop/pounce.toml", owner: undefined };
  const text = startingPoint(kind, { place: { ...all, ...place } }).files[0]?.text ?? "";
  return text.split("\n");
}

describe("pounce.service", () => {
  const cases: [string, Partial<Place>, string[]][] = [
    [
      "names executable, configuration and folder",
      {},
      [
        "ExecStart=/opt/pounce --config /opt/shop/pounce.toml",
        "ExecReload=/opt/pounce reload --wait --config /opt/shop/pounce.toml",
        "WorkingDirectory=/opt/shop",
        "DynamicUser=yes",
        "ProtectHome=yes",
        "PrivateTmp=yes",
      ],
    ],
    [
      "lets it read a home, as the user who may",
      { config: "/home/ann/shop/pounce.toml", owner: "ann" },
      ["# Only this user may read /home/ann/shop.", "User=ann", "ProtectHome=read-only"],
    ],
    ["lets it see the executable in a home", { executable: "/root/p" }, ["ProtectHome=read-only"]],
    ["lets it see /tmp", { config: "/tmp/x/pounce.toml" }, ["PrivateTmp=no"]],
    [
      "quotes",
      { executable: "/opt/a b/pounce", config: '/srv/pounce/50%/$x"/pounce.toml' },
      [
        String.raw`ExecStart="/opt/a b/pounce" --config "/srv/pounce/50%%/$$x\"/pounce.toml"`,
        'WorkingDirectory=/srv/pounce/50%%/$x"',
      ],
    ],
  ];
  test.each(cases)("%s", (_, place, lines) => {
    const unit = unitFor("systemd", place);
    for (const line of lines) expect(unit).toContain(line);
    if (place.owner !== undefined) expect(unit).not.toContain("DynamicUser=yes");
  });

  test.skipIf(isMissing("systemd-analyze"))("is valid to systemd where names are odd", () => {
    const folder = join(root, "50% of $HOME, it's");
    mkdirSync(folder);
    const config = join(folder, "pounce.toml");
    const unit = unitFor("systemd", { executable: process.execPath, config }).join("\n");
    const path = join(root, "pounce.service");
    writeFileSync(path, unit);
    const { stdout, stderr } = runTool("systemd-analyze", ["verify", "--man=no", path]);
    const ours = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("pounce"));
    expect(ours).toEqual([]);
  });
});

describe("the units are for what pounce.toml says", () => {
  const folder = join(root, "shop");
  const config = join(folder, "pounce.toml");
  const key = join(folder, "key.pem");
  const place: Place = { executable: "/bin/sh", config, owner: undefined };

  function unitsFor(toml: string, hasSocket = false): { text: string; next: string } {
    chmodSync(root, 0o755);
    mkdirSync(folder, { recursive: true });
    writeFileSync(config, `app = "./app.ts"\n${toml}`);
    writeFileSync(key, "");
    const here = { place, demands: demandsOf(config), hasSocket };
    const { files, next } = startingPoint("systemd", here);
    return { text: files.map(({ text }) => text).join("\n"), next: next.join("\n") };
  }

  const LOW =
    "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n";
  test.each<[string, boolean, string[], string[]]>([
    ["port = 8000", false, ["\nCapabilityBoundingSet=\n"], ["\nAmbient"]],
    ["port = 443", false, [LOW], ["# For a port below 1024:"]],
    ["port = 443", true, ["ListenStream=127.0.0.1:443\n", "\nCapabilityBoundingSet=\n"], [LOW]],
    ['[tls]\nacme = { domains = ["a.example"] }', true, [LOW], []],
    [
      'host = ["::", "0.0.0.0"]\nport = 80',
      true,
      ["ListenStream=[::]:80\nListenStream=0.0.0.0:80\nBindIPv6Only=ipv6-only\n"],
      ["127.0.0.1:8000"],
    ],
    [
      'uds = "/run/my-app/app.sock"\nuds_permissions = "660"',
      false,
      ["RuntimeDirectory=pounce my-app\n"],
      ["ReadWritePaths"],
    ],
    [
      'uds = "/run/my-app/app.sock"\nuds_permissions = "660"\ngroup = "www-data"',
      true,
      [
        "ListenStream=/run/my-app/app.sock\nSocketMode=0660\nSocketGroup=www-data\n",
        "DynamicUser=yes\nGroup=www-data\n",
      ],
      ["# SocketMode", "my-app\nStateDirectory"],
    ],
    ['uds = "/srv/a/app.sock"', false, ["ReadWritePaths=/srv/a\n"], []],
    [
      'user = "www-data"\nport = 443',
      false,
      ["# Starts as root;", "BoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_KILL"],
      ["DynamicUser", "\nAmbient", "www-data"],
    ],
  ])("%j, passed sockets: %p", (toml, hasSocket, lines, none) => {
    const { text } = unitsFor(toml, hasSocket);
    for (const line of lines) expect(text).toContain(line);
    for (const line of none) expect(text).not.toContain(line);
  });

  test("a key that the service cannot read is named, and one for a group is read by it", () => {
    const tls = '[tls]\ncert = "cert.pem"\nkey = "key.pem"';
    unitsFor(tls);
    chmodSync(key, 0o600);
    const closed = unitsFor(tls);
    expect(closed.text).toContain(`# It cannot read ${key} yet: see "pounce help systemd".\n`);
    expect(closed.next).toContain(`let the service read ${key}: see pounce help systemd`);
    expect(unitsFor(`user = "www-data"\n${tls}`).next).not.toContain(key);
    if (process.geteuid?.() !== 0) return;
    chownSync(key, 0, 12_345);
    chmodSync(key, 0o640);
    expect(unitsFor(tls).text).toContain("DynamicUser=yes\nSupplementaryGroups=12345\n");
  });

  test("what only root could do, and a file with errors, are told", () => {
    expect(unitsFor('uds = "/run/app.sock"').next).toContain('set uds = "/run/pounce/app.sock"');
    expect(unitsFor("port = true").next).toContain("mend pounce.toml, and write the unit again");
  });
});

test("pounce.conf names them too", () => {
  const section = unitFor("supervisor", { config: "/srv/50% off/pounce.toml", owner: "ann" });
  expect(section).toContain('command=/opt/pounce --config "/srv/50%% off/pounce.toml"');
  expect(section).toContain("directory=/srv/50%% off");
  expect(section).toContain("user=ann");
});

describe("the place", () => {
  const open = join(root, "open");
  const closed = join(root, "closed");
  for (const folder of [open, closed]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "pounce.toml"), "");
  }
  chmodSync(root, 0o755);
  chmodSync(closed, 0o700);

  test("is the usual one where no folder has a pounce.toml", () => {
    expect(placeIn([root, "/nowhere"], process.execPath)).toBe(USUAL_PLACE);
  });

  test("is the first folder that has one, for any user if all may read it", () => {
    expect(placeIn([root, open, closed], "/bin/sh")).toEqual({
      executable: "/bin/sh",
      config: join(open, "pounce.toml"),
      owner: undefined,
    });
  });

  test.each(["/root/.npm/_npx/1a/node_modules/.bin/pounce", "/tmp/bunx-0-pounce/.bin/pounce"])(
    "is not where npx and bunx keep it for a while: %s",
    (own) => {
      const place = placeIn([open], own);
      expect(place).toMatchObject({ executable: USUAL_PLACE.executable, isPassing: true });
      expect(startingPoint("systemd", { place }).next.join("\n")).toContain(
        "install pounce as /usr/local/bin/pounce: this one will not stay",
      );
    },
  );

  test("is for the owner of the file if others may not enter its folder", () => {
    expect(placeIn([closed], "/bin/sh").owner).toBe(userInfo().username);
  });
});
