// Reads a document and values for its messages from standard input, and prints what AsyncAPI's parser says of the document and what a
// validator of JSON Schema says of each value. The parser passes schemas of formats that it does not know; the validator does not.
import { Parser } from "@asyncapi/parser";
import Ajv from "ajv";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { text, values } = JSON.parse(Buffer.concat(chunks));

const { document, diagnostics } = await new Parser().parse(text);
const root = JSON.parse(text);
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
// Every keyword that is there is one of the draft, or an extension.
for (const schema of Object.values(root.components.schemas)) {
  if (!ajv.validateSchema(schema)) throw new Error(JSON.stringify([schema, ajv.errors]));
}
for (const { payload } of Object.values(root.components.messages)) {
  if (!ajv.validateSchema(payload)) throw new Error(JSON.stringify([payload, ajv.errors]));
}
ajv.addSchema(root, "document", false, false);
const answer = {
  diagnostics: diagnostics.map(({ code, message, path, severity }) => ({ code, message, path, severity })),
  operations: document?.operations().all().map((operation) => ({
    id: operation.id(),
    action: operation.action(),
    messages: operation.messages().all().map((message) => message.id()),
    replies: operation.reply()?.messages().all().map((message) => message.id()) ?? [],
  })),
  refused: values.map(({ message, value }) => {
    const pointer = `document#/components/messages/${encodeURIComponent(message)}/payload`;
    const valid = ajv.validate({ $ref: pointer }, value);
    return valid ? null : ajv.errorsText(ajv.errors);
  }),
};
process.stdout.write(JSON.stringify(answer), () => process.exit());
