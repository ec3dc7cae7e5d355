/** A rule for a group of boxes. Not `required`: that attribute is for single fields, and screen readers know none on groups. */
export function atLeastOne(message: string) {
  return {
    validator: async (_rule: unknown, chosen: readonly unknown[] | undefined) => {
      if (chosen === undefined || chosen.length === 0) throw new Error(message);
    },
  };
}
