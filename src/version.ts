// The version of this pounce, from package.json.
import { version as packageVersion } from "../package.json";

export const version: string = packageVersion;
