/** The text of `addresses.ts`, made from the contract; a house test compares the two, `npm run reference` writes it. */
import { contract } from './contract.ts'

export function addressesText(): string {
  const rows = Object.entries(contract).map(([name, it]) => `  ${name}: ['${it.method}', '${it.path}'],`)
  return `/** Method and path of every endpoint. Generated from contract.ts by \`npm run reference\`; do not edit. */\nexport const addresses = {\n${rows.join('\n')}\n} as const\n`
}
