/** A field that is there only when it has a value: for answers in which absent fields are left out. */

export function whenThere<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value })
}
