// Greets people over gRPC, as a plugin that any host of go-plugin can run.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";

const PROTOCOL_VERSION = 1;
const LANGUAGES = { de: "Guten Tag", en: "Hello", fr: "Bonjour" };

if (process.env.GREETER_PLUGIN !== "hello") {
  console.error("This program is a plugin: a host starts it.");
  process.exit(1);
}

const includeDirs = [fileURLToPath(new URL("proto", import.meta.url))];
const load = (name) => loadSync(name, { includeDirs });
const greeter = load("greeter.proto");
const { "google.rpc.Status": Status } = load("status.proto");

const server = new grpc.Server();

server.addService(greeter["greeter.v1.Greeter"], {
  Greet({ request }, answer) {
    const language = request.language ?? "en";
    if (!Object.hasOwn(LANGUAGES, language)) {
      return answer(unknownLanguage(language));
    }
    log("info", "greeting", { name: request.name, language });
    answer(null, { text: `${LANGUAGES[language]}, ${request.name}!` });
  },

  Languages(call) {
    for (const [code, hello] of Object.entries(LANGUAGES)) {
      call.write({ code, hello });
    }
    call.end();
  },
});

/** An error with a detail: the host knows it by the name of the detail's message. */
function unknownLanguage(language) {
  const code = grpc.status.NOT_FOUND;
  const message = `no greeting is known in ${JSON.stringify(language)}`;
  const value = greeter["greeter.v1.UnknownLanguage"].serialize({ language });
  const details = [{ type_url: "type.googleapis.com/greeter.v1.UnknownLanguage", value }];
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Status.serialize({ code, message, details }));
  return { code, details: message, metadata };
}

/** A line on stderr in the form of Go's hclog, which the host takes apart. */
function log(level, message, fields) {
  console.error(JSON.stringify({ "@level": level, "@message": message, ...fields }));
}

// What a host asks beside the calls: how the plugin is, what it serves, and that it ends.
new HealthImplementation({ plugin: "SERVING" }).addToServer(server);
new ReflectionService(greeter).addToServer(server);
server.addService(
  {
    Shutdown: {
      path: "/plugin.GRPCController/Shutdown",
      requestStream: false,
      responseStream: false,
      requestDeserialize: () => ({}),
      responseSerialize: () => Buffer.alloc(0),
    },
  },
  {
    Shutdown(_, answer) {
      answer(null, {});
      server.tryShutdown(() => process.exit(0));
    },
  },
);

// The socket belongs into the folder that the host has made for it; nobody else can enter that.
const socket = join(process.env.PLUGIN_UNIX_SOCKET_DIR, "greeter.sock");
server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  // The handshake: the first line on stdout. From here on the host connects.
  console.log(`1|${PROTOCOL_VERSION}|unix|${socket}|grpc`);
});
