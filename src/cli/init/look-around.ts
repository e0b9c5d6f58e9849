// What a starting point depends on: what is in its folder already.
import { launcherPath } from "../../launcher.ts";
import { absolutePath, isFile } from "../../os/paths.ts";
import type { FoundApp } from "../found-apps.ts";
import { listenedPort } from "./listened-port.ts";
import { demandsOf } from "./demands.ts";
import { placeIn, USUAL_PLACE } from "./place.ts";
import type { Here } from "./starting-points.ts";

/**
 * @param folder where the files go
 * @param cwd the working directory, whose pounce.toml a unit may be for
 * @param app the one that is served; undefined: one is written
 */
export function lookAround(folder: string, cwd: string, app: FoundApp | undefined): Here {
  const place = placeIn([cwd, folder], launcherPath() ?? process.execPath);
  return {
    app,
    port: app && listenedPort(absolutePath(folder, app.module)),
    hasEnvFile: isFile(absolutePath(folder, ".env")),
    place,
    demands: place === USUAL_PLACE ? undefined : demandsOf(place.config),
    folder,
  };
}
