// The routes.
import { Controller, Get, Header, HttpCode, Post, Query, Req, Res } from "@nestjs/common";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppService } from "./app.service";

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }

  @Get("slow")
  async slow(@Query("ms") ms: string): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, Number(ms)));
    return `slept ${ms}`;
  }

  @Post("echo")
  @HttpCode(200)
  echo(@Req() req: IncomingMessage, @Res() res: ServerResponse) {
    req.pipe(res);
  }

  @Post("upload")
  @HttpCode(200)
  upload(@Req() req: IncomingMessage) {
    return this.appService.digest(req);
  }

  @Get("sse")
  @Header("Content-Type", "text/event-stream")
  events(@Query("quiet") quiet: string, @Res() res: ServerResponse) {
    res.write("data: first\n\n");
    setTimeout(() => {
      res.write(`data: quiet for ${quiet}\n\n`);
      res.end("data: last\n\n");
    }, Number(quiet));
  }
}
