// Where an app's Hono comes from: its own packages, or pounce. Most apps have none.
import { fine, type Finding } from "./finding.ts";

/** Defined by scripts/build.ts; missing when the sources run as they are. */
declare const POUNCE_HONO_VERSION: string | undefined;

/** What an app has loaded of Hono. */
export interface LoadedHono {
  /** Its own, described for people. */
  readonly own: string | undefined;
  readonly isBuiltIn: boolean;
}

/** No finding where the app has loaded none. */
export function honoFindings({ own, isBuiltIn }: LoadedHono, isDemo: boolean): Finding[] {
  if (own !== undefined) return [fine("hono", `the app's own, ${own}`)];
  if (!isBuiltIn && !isDemo) return [];
  const version = typeof POUNCE_HONO_VERSION === "string" ? `${POUNCE_HONO_VERSION}, ` : "";
  const reason = isDemo ? "" : ", because the app has none of its own";
  return [fine("hono", `${version}built into pounce${reason}`)];
}
