// What there is to tell about an error, to whoever asks.
import type { ErrorReport } from "../../errors/report-error.ts";

/** A version of the app, as those who write it see it. */
export interface Version {
  /** Differs between any two versions, of any two servers. */
  readonly id: string;
  readonly generation: number;
  /** As the user wrote it. */
  readonly app: string;
}

export interface Story {
  /** What has happened, as in `GET /a: the app threw`. */
  readonly what: string;
  readonly report: ErrorReport;
  readonly version: Version;
  /** The method of the request that is answered. */
  readonly method: string;
  /** The folder that the app runs in: what is inside is named from there. */
  readonly folder: string;
}
