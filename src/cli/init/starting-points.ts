// The starting points that `pounce init` writes: the files of each, and what to do with them.
import appText from "./templates/app.ts.txt" with { type: "text" };
import configText from "./templates/pounce.toml.txt" with { type: "text" };
import dockerText from "./templates/Dockerfile.txt" with { type: "text" };
import kubernetesText from "./templates/pounce.yaml.txt" with { type: "text" };
import supervisorText from "./templates/supervisor.conf.txt" with { type: "text" };
import systemdText from "./templates/pounce.service.txt" with { type: "text" };
import { schemaText } from "../../config/schema/json-schema.ts";
import type { InitKind } from "./kinds.ts";

/** A file to be written. */
interface StartingFile {
  /** Its name, without a folder. */
  readonly name: string;
  readonly text: string;
}

interface StartingPoint {
  readonly files: readonly StartingFile[];
  /** What to do next, on one line. */
  readonly next: string;
}

/** What `pounce init KIND` writes. The schema fits exactly this version of pounce. */
export function startingPoint(kind: InitKind): StartingPoint {
  switch (kind) {
    case "app":
      return {
        files: [
          { name: "pounce.toml", text: configText },
          { name: "pounce.schema.json", text: schemaText() },
          { name: "app.ts", text: appText },
        ],
        next: "pounce --config pounce.toml",
      };
    case "systemd":
      return {
        files: [{ name: "pounce.service", text: systemdText }],
        next: "set its paths and put it in /etc/systemd/system/",
      };
    case "supervisor":
      return {
        files: [{ name: "pounce.conf", text: supervisorText }],
        next: "set its paths and put it in /etc/supervisor/conf.d/",
      };
    case "docker":
      return {
        files: [{ name: "Dockerfile", text: dockerText }],
        next: "put the executable pounce beside it, then docker build -t pounce-app .",
      };
    case "kubernetes":
      return {
        files: [{ name: "pounce.yaml", text: kubernetesText }],
        next: "set its image, then kubectl apply -f pounce.yaml",
      };
  }
}
