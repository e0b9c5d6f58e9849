// Hello world in Nest, with its shutdown hooks. The decorators are called as the TypeScript compiler
// calls them, since Node does not know them.
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

class AppController {
  hello() {
    return "hello";
  }
}
const { prototype } = AppController;
Get()(prototype, "hello", Object.getOwnPropertyDescriptor(prototype, "hello"));
Controller()(AppController);

// oxlint-disable-next-line typescript/no-extraneous-class -- what a module is is in its decorator
class AppModule {}
Module({ controllers: [AppController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT), process.env.HOST);
