// The root module.
import { type MiddlewareConsumer, Module, type NestModule } from "@nestjs/common";
import { AppController } from "./app.controller";
import { AppService } from "./app.service";

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule implements NestModule {
  constructor(private readonly appService: AppService) {}

  configure(consumer: MiddlewareConsumer) {
    consumer
      .apply(
        (req: unknown, res: { setHeader(name: string, value: string): void }, next: () => void) => {
          res.setHeader("X-Version", this.appService.getVersion());
          next();
        },
      )
      .forRoutes("*");
  }
}
