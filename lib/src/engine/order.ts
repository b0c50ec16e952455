import type { Node, Value } from "./graph.js";

/** Nodes so that each comes after the ones it reads. */
export function inOrder(nodes: readonly Node[], makers: ReadonlyMap<Value, Node>): Node[] {
  const sorted = new Set<Node>();
  const visit = (root: Node) => {
    const path = [root];
    while (path.length > 0) {
      const node = path[path.length - 1];
      const needed = node.inputs
        .map((input) => input && makers.get(input))
        .find((maker) => maker && !sorted.has(maker));
      if (needed) path.push(needed);
      else {
        sorted.add(node);
        path.pop();
      }
    }
  };
  nodes.forEach(visit);
  return [...sorted];
}
