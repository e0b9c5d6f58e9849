// A handler of node:http with what programs do with requests and responses themselves. All
// frameworks of this folder pass on to it what begins with /node/.
const seen = [];

const actions = {
  headers(req, res) {
    const { method, httpVersion, rawHeaders, headers, headersDistinct, socket } = req;
    const { remoteAddress, remoteFamily, encrypted } = socket;
    const of = { remoteAddress, remoteFamily, encrypted, remotePort: typeof socket.remotePort };
    res.end(JSON.stringify({ method, httpVersion, rawHeaders, headers, headersDistinct, ...of }));
  },
  body(req, res) {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk));
    req.on("end", () => {
      const body = Buffer.concat(chunks);
      const { trailers, rawTrailers, complete } = req;
      const text = body.toString("latin1", 0, 100);
      res.end(JSON.stringify({ length: body.length, text, trailers, rawTrailers, complete }));
    });
  },
  early(req, res) {
    res.writeEarlyHints({ link: ["</style.css>; rel=preload; as=style", "</a.js>; rel=preload"] });
    res.end("after hints");
  },
  processing(req, res) {
    res.writeProcessing();
    res.end("after processing");
  },
  status(req, res) {
    res.statusCode = 418;
    res.statusMessage = "Short and stout";
    res.end("tea");
  },
  reason(req, res) {
    res.writeHead(200, "Very well", { "X-Case": "Kept" }).end("well");
  },
  several(req, res) {
    res.setHeader("Set-Cookie", ["a=1; Path=/", "b=2; HttpOnly"]);
    res.setHeader("X-Latin", "caf\u00e9");
    res.appendHeader("X-Several", "1");
    res.appendHeader("X-Several", "2");
    res.end(JSON.stringify([res.getHeaderNames(), res.getHeaders()]));
  },
  raw(req, res) {
    res.writeHead(200, ["X-Raw", "1", "x-raw", "2", "Content-Type", "text/x"]).end("raw");
  },
  lives(req, res) {
    res.setHeader("Connection", "keep-alive");
    res.setHeader("Keep-Alive", "timeout=7");
    res.end("lives");
  },
  closes(req, res) {
    res.setHeader("Connection", "close");
    res.end("closes");
  },
  ends(req, res) {
    res.shouldKeepAlive = false;
    res.end("ends");
  },
  204: (req, res) => res.writeHead(204).end(),
  304: (req, res) => res.writeHead(304, { ETag: '"x"' }).end(),
  length(req, res) {
    res.writeHead(200, { "Content-Length": 6 });
    res.write("abc");
    res.end("def");
  },
  chunks(req, res) {
    res.write("a");
    setTimeout(() => res.write("b", () => res.end("c")), 20);
  },
  trailers(req, res) {
    res.setHeader("Trailer", "X-Sum");
    res.write("summed");
    res.addTrailers({ "X-Sum": "6" });
    res.end();
  },
  flushed(req, res) {
    res.setHeader("X-Flushed", "1");
    res.flushHeaders();
    setTimeout(() => res.end("later"), 150);
  },
  corked(req, res) {
    res.cork();
    res.write("one ");
    res.write("two");
    res.uncork();
    res.end();
  },
  nodate(req, res) {
    res.sendDate = false;
    res.end("no date");
  },
  // More than the buffers on its way hold; the next part is made when the last one is gone.
  big(req, res) {
    let parts = 0;
    let waits = 0;
    const part = Buffer.alloc(65_536, "0123456789abcdef");
    const go = () => {
      while (parts < 400) {
        parts += 1;
        if (res.write(part)) continue;
        waits += 1;
        res.once("drain", go);
        return;
      }
      res.end();
      seen.push(`big waited: ${waits > 0}`);
    };
    go();
  },
  // What a file is sent with.
  piped(req, res) {
    require("node:fs").createReadStream(`${__dirname}/files/image.bin`).pipe(res);
  },
  destroyed(req, res) {
    res.write("some of it");
    setTimeout(() => res.destroy(), 50);
  },
  cut(req, res) {
    res.writeHead(200, { "Content-Length": 100 });
    res.write("some of it");
    setTimeout(() => req.socket.destroy(), 50);
  },
  limited(req, res) {
    res.setTimeout(150, () => res.end("timed out"));
  },
  // What happens to requests is noted, and told by /node/seen.
  events(req, res) {
    for (const event of ["finish", "close", "prefinish"]) {
      res.on(event, () => seen.push(`response ${event}`));
    }
    req.on("close", () => seen.push(`request close, complete: ${req.complete}`));
    res.end("events");
  },
  silent(req, res) {
    req.on("aborted", () => seen.push("request aborted"));
    req.on("close", () => seen.push(`request close, destroyed: ${req.destroyed}`));
    req.on("error", (error) => seen.push(`request error ${error.code}`));
    res.on("close", () => seen.push(`response close, finished: ${res.writableFinished}`));
    res.on("error", (error) => seen.push(`response error ${error.code}`));
    if (req.url.includes("begins")) res.write("begun");
    if (req.url.includes("reads")) req.resume();
  },
  twice(req, res) {
    const tried = [];
    res.end("once");
    try {
      res.setHeader("X", "y");
    } catch (error) {
      tried.push(error.code);
    }
    res.on("error", (error) => seen.push(`response error ${error.code}`));
    res.write("more");
    seen.push(...tried, `sent: ${res.headersSent}, ended: ${res.writableEnded}`);
  },
  invalid(req, res) {
    const codes = [];
    for (const [name, value] of [
      ["X Y", "a"],
      ["X", "a\r\nb"],
      ["X", undefined],
    ]) {
      try {
        res.setHeader(name, value);
      } catch (error) {
        codes.push(error.code);
      }
    }
    res.end(codes.join());
  },
  seen: (req, res) => res.end(JSON.stringify(seen.splice(0))),
};

module.exports = (req, res) => {
  const name = req.url.split("?")[0].split("/").pop();
  const action = actions[name];
  if (action === undefined) res.writeHead(404).end();
  else action(req, res);
};
