/** True if two reasons differ in their figures at most: what is said at every look is news once. */
export function hasSameWords(one: string, other: string): boolean {
  return withoutFigures(one) === withoutFigures(other);
}

function withoutFigures(reason: string): string {
  return reason.replaceAll(/\d+(\.\d+)?/g, "#");
}
