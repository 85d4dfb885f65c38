/** Whether a document is what the schema of `bench` says. */
import { Ajv } from 'ajv';
import { benchSchema } from '#src/measure/record-schema.js';

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const validate = ajv.compile(benchSchema());

/** What is wrong, as JSON would carry it; empty when nothing is. */
export function recordErrors(document: unknown): string {
  return validate(JSON.parse(JSON.stringify(document))) ? '' : ajv.errorsText(validate.errors).slice(0, 800);
}
