// What the controller is given by its type alone: tsconfig.json asks for metadata of decorators.
import { Injectable } from "@nestjs/common";
import { createHash } from "node:crypto";

const version = "v0";

@Injectable()
export class AppService {
  getVersion(): string {
    return version;
  }

  getHello(): string {
    return `hello from ${version}`;
  }

  async digest(body: AsyncIterable<Uint8Array>) {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of body) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest("hex") };
  }
}
