// The headers that HPACK refers to by a number: those of the standard, then the last ones that a
// server wanted kept.

type Header = readonly [name: string, value: string];

/** Appendix A, from 1 on. */
const STATIC: readonly Header[] = `
:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|
:status 200|:status 204|:status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|
accept-encoding gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|
allow|authorization|cache-control|content-disposition|content-encoding|content-language|
content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|
host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|
location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|
server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
  .replaceAll("\n", "")
  .split("|")
  .map((entry) => {
    const [name = "", ...value] = entry.split(" ");
    return [name, value.join(" ")];
  });

/** What a server may have kept, unless it is told another number. */
const USUAL_BYTES = 4096;
/** What an entry counts beyond its letters. */
const OF_EACH = 32;

export class HeaderTable {
  /** The newest first. */
  readonly #kept: Header[] = [];
  #bytes = 0;
  #most = USUAL_BYTES;

  /** @param index from 1 on */
  get(index: number): Header | undefined {
    return STATIC[index - 1] ?? this.#kept[index - 1 - STATIC.length];
  }

  add(header: Header): void {
    this.#kept.unshift(header);
    this.#bytes += bytesOf(header);
    this.#forget();
  }

  /** The server wants less kept, or more again. */
  limit(bytes: number): void {
    this.#most = Math.min(bytes, USUAL_BYTES);
    this.#forget();
  }

  #forget(): void {
    while (this.#bytes > this.#most) {
      const oldest = this.#kept.pop();
      if (oldest === undefined) return;
      this.#bytes -= bytesOf(oldest);
    }
  }
}

function bytesOf([name, value]: Header): number {
  return name.length + value.length + OF_EACH;
}
