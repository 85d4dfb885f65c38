/** `code`: one of src/codes.ts. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
