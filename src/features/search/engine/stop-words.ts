/**
 * Words that a query should not insist on, in folded form. English is the list of the Snowball project; the others are
 * articles, pronouns, prepositions and conjunctions, the part of such lists that is never a topic.
 */
const lists: Record<string, string> = {
  en: 'i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs themselves what which who whom this that these those am is are was were be been being have has had having do does did doing a an the and but if or because as until while of at by for with about against between into through during before after above below to from up down in out on off over under again further then once here there when where why how all any both each few more most other some such no nor not only own same so than too very s t can will just don should now dont',
  de: 'der die das den dem des ein eine einer eines einem einen und oder aber als am an auf aus bei bin bis da damit dann du durch er es fur hat ich ihr im in ist kann man mein mit nach nicht noch nur ob sich sie sind so uber um und uns von vor war was wenn wer wie wir wird zu zum zur',
  es: 'a al ante como con cual cuando de del desde donde e el ella ellos en entre era es esa ese eso esta este esto fue ha hay la las le les lo los mas me mi muy no nos o para pero por porque que se si sin sobre son su sus tambien te tu un una uno unos y ya yo',
  fr: 'a ai au aux avec ce ces cette dans de des du elle en est et eu il ils je la le les leur lui ma mais me meme mes moi mon ne nos notre nous on ou par pas pour qu que qui sa se ses son sont sur ta te tes toi ton tu un une vos votre vous y c d j l m n s t',
  it: 'a ad al alla alle anche che chi ci come con da dal dalla dei del della delle di e ed era gli ha ho i il in io la le lo lui ma mi ne nei nel nella no noi non o per piu quando questa questo se si sono su sua sue sui sul sulla suo ti tra tu un una uno voi',
  nl: 'aan al als bij dat de der die dit een en er had heb heeft hem het hij hoe ik in is je kan me men met mij mijn naar niet nog nu of om ons ook op over te ten toen tot u uit uw van voor was wat we wij wil ze zich zij zo zou',
  pt: 'a ao aos as com como da das de dele do dos e ela ele em entre era essa esse esta este eu foi ha isso isto ja lhe mais mas me meu minha muito na nao nas no nos o os ou para pela pelo por quando que quem se sem ser seu sua so sao tem um uma voce',
  ru: 'а без бы был была были было быть в вам вас весь во вот все всех вы где да для до его ее если есть еще же за и из или им их к как ко когда кто ли мне мы на над не нет но ну о об он она они от по под при с со так то тоже только ты у уже что чтобы это этот я',
  sv: 'alla att av de den det dig din du ej eller en er ett for fran ha han har hon hur i icke inte jag kan man med men mig min nar ni och om pa sa sig sin som till under upp ut var vara vi vid',
  tr: 've ile bir bu su o da de mi mu icin ama cok daha en gibi her ki ne',
}

export const stopWordsOf: Record<string, ReadonlySet<string> | undefined> = Object.fromEntries(
  Object.entries(lists).map(([language, words]) => [language, new Set(words.split(' '))]),
)
