// GraphQL Yoga on node:http, as in "Quick Start" of its documentation.
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";

const version = "v0";
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query {
      hello: String
      slow: String
      echo(text: String!): String
    }
    type Subscription {
      events: String!
    }
  `,
  resolvers: {
    Query: {
      hello: () => `hello from ${version}`,
      slow: async () => {
        await sleep(1200);
        return `hello from ${version}`;
      },
      echo: (_, { text }: { text: string }) => `${text} hello from ${version}`,
    },
    Subscription: {
      events: {
        subscribe: async function* () {
          yield { events: "first" };
          await sleep(1000);
          yield { events: `hello from ${version}` };
        },
      },
    },
  },
});

// Create a Yoga instance with a GraphQL schema.
const yoga = createYoga({ schema });

// Pass it into a server to hook into request handlers.
const server = createServer(yoga);

// Start the server and you're done!
server.listen(4000, () => {
  console.info("Server is running on http://localhost:4000/graphql");
});
