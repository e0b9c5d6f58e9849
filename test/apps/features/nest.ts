// Nest with what its documentation calls techniques: sessions, uploads, streams, exceptions.
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  Ip,
  Module,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  Session,
  Sse,
  StreamableFile,
  UploadedFiles,
  UseInterceptors,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AnyFilesInterceptor, type NestExpressApplication } from "@nestjs/platform-express";
import compression from "compression";
import session from "express-session";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { interval, map, take } from "rxjs";
import node from "./node.cjs";

const files = join(import.meta.dirname, "files");

@Controller()
class AppController {
  @Get("session")
  session(@Session() stored: Record<string, any>) {
    stored["count"] = (stored["count"] ?? 0) + 1;
    return { count: stored["count"] };
  }

  @Get("redirect")
  @Redirect("/elsewhere?x=1", 302)
  redirect() {}

  @Get("ip")
  ip(@Ip() ip: string) {
    return { ip };
  }

  @Get("text")
  text() {
    return "the same text each time";
  }

  @Get("download")
  @Header("Content-Type", "text/plain")
  download() {
    return new StreamableFile(createReadStream(join(files, "text.txt")));
  }

  @Post("json")
  json(@Body() parsed: unknown) {
    return { parsed };
  }

  @Post("multipart")
  @UseInterceptors(AnyFilesInterceptor())
  multipart(@UploadedFiles() found: any[], @Body() fields: unknown) {
    const told = found.map(({ fieldname, originalname, size }) => [fieldname, originalname, size]);
    return { fields, files: told };
  }

  @Get("compressed")
  compressed() {
    return "to be compressed ".repeat(500);
  }

  @Sse("sse")
  sse() {
    return interval(20).pipe(
      take(3),
      map((count) => ({ data: { count } })),
    );
  }

  @Get("number/:it")
  number(@Param("it", ParseIntPipe) it: number, @Query("q") q?: string) {
    return { it, q };
  }

  @Get("throws")
  throws() {
    throw new Error("thrown");
  }

  @Get("rejects")
  async rejects() {
    await null;
    throw new BadRequestException("rejected");
  }
}

@Module({ controllers: [AppController] })
class AppModule {}

async function bootstrap() {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false });
  app.set("trust proxy", true);
  app.use("/node", node);
  app.use(compression());
  app.use(session({ secret: "s", resave: false, saveUninitialized: false }));
  app.useStaticAssets(files, { prefix: "/static" });
  app.enableCors();
  await app.listen(process.env["PORT"] ?? 3000, "127.0.0.1");
}
void bootstrap();
