/** Elements that work on the control side: they are at home where Node runs, and nowhere else. */
import { DiagnosticError, Diagnostics } from '../diagnostics.js';
import type { CheckedGraph } from './graph.js';

/** Throws diagnostics when the graph has such elements; `where` is what they cannot be part of: "an image". */
export function refuseControl(graph: CheckedGraph, where: string): void {
  const diagnostics = new Diagnostics();
  for (const { name, class: type, span } of graph.instances) {
    const { control } = type.definition;
    if (control === undefined) continue;
    const hint = 'Leave it out here, or run the configuration with `wirelet click`.';
    diagnostics.error('WL3003', span, `"${name}" cannot be part of ${where}: ${type.name} ${control.reason}`, hint);
  }
  if (diagnostics.failed) throw new DiagnosticError(diagnostics.list);
}
