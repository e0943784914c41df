import { wordsIn } from './words.ts';

/*
 * Words that carry no topic, per language: articles, pronouns, prepositions, conjunctions, auxiliaries, common adverbs.
 * Written for this project, compact on purpose; lower case, as `wordsIn` cuts them.
 */
const lists: Record<string, string> = {
  en: `a about above after again all almost also although always am an and any are aren't as at be because been before being between both but by can can't cannot could did do does doesn't doing don't down during each either else enough even ever every few for from further get gets got had has have having he her here hers him his how however i if in instead into is isn't it it's its itself just let like many may me might more most much must my need needs neither never no nor not now of off often on once one only onto or other others our out over own per perhaps quite rather really same she should since so some such than that that's the their them then there therefore these they this those though through thus to too under until up upon us use used using very via was way we well were what when where whether which while who whom whose why will with within without would yet you your yours`,
  de: `aber all alle allem allen aller alles als also am an ander andere anderen anderer anderes auch auf aus bei beim bereits bis bzw da dabei dadurch dafür daher damit dann daran darauf daraus darin das dass davon dazu dein deine dem den denn der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines einige einigen er es etwa etwas euer für gegen gibt hat hatte haben hier hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in indem ins ist ja jede jedem jeden jeder jedes jedoch kann kein keine keinem keinen keiner können könnte lassen lässt man mehr mein mit muss müssen nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit sich sie sind so sobald sodass solche soll sollte sollten somit sondern sonst sowie um und uns unser unter viel viele vom von vor war waren was weil welche welcher wenn wer werden wie wieder will wir wird wo wurde wurden während zu zum zur zwar zwischen über`,
  fr: `à afin ai ainsi alors après au aucun aucune aussi autre autres aux avant avec avoir bien c ce ceci cela celle celles celui ces cet cette ceux chaque chez comme comment d dans de depuis des donc dont du elle elles en encore entre es est et étaient était être eu eux fait faire il ils j je jusqu l la laquelle le lequel les lesquels leur leurs lors lorsque lui m ma mais me même mêmes mes mon n ne ni non nos notre nous on ont ou où par parce pas peu peut peuvent plus plusieurs pour pourquoi puis puisque qu quand que quel quelle quelques qui quoi s sa sans se selon sera ses si soit son sont sous souvent sur t ta te tel telle toujours tous tout toute toutes très tu un une vers vos votre vous y d'un d'une qu'il qu'on n'est c'est`,
  es: `a al algo algunas algunos ante antes aquel aquella así aún aunque bajo bien cada casi como con contra cual cuales cualquier cuando de debe deben del desde después donde dos e el él ella ellas ellos en entre era eran es esa esas ese eso esos esta está están estas este esto estos fue fueron ha han hasta hay incluso la las le les lo los luego mas más me mediante mi mientras mismo misma muchas mucho muchos muy nada ni no nos o otra otras otro otros para pero poco por porque pueda puede pueden pues que qué quien se sea según ser si sí sido sin sino sobre solo sólo son su sus también tan tanto te tiene tienen toda todas todo todos tras tu tus un una unas uno unos usted vez y ya yo`,
  it: `a ad agli ai al alla alle allo anche ancora avere c che chi ci ciò col come con contro cosa così cui d da dagli dai dal dalla dalle dallo degli dei del della delle dello deve devono di dopo dove due e è ed era erano essere fa fino fra già gli ha hanno i il in infatti invece io l la le lei lo loro lui ma mentre mi molti molto negli nei nel nella nelle nello no noi non nostro o ogni oltre oppure per perché però più poi possono prima proprio può qualche quale quali quando quanto quella quelle quelli quello questa queste questi questo qui quindi se sé sempre senza si sia solo sono sopra sotto stata stato stesso su sua sue sugli sui sul sulla suo suoi tra tutta tutte tutti tutto un una uno va vi viene vostro`,
  pt: `a ainda além algo alguma algumas alguns ao aos apenas após aquela aquele as às assim até cada com como contra da das de depois desde dessa desse desta deste deve devem do dois dos e é ela elas ele eles em enquanto entre era eram essa essas esse esses esta está estão estas este estes eu foi foram há isso isto já lhe mais mas me mesma mesmo meu muito muitos na não nas nem nessa nesse nesta neste no nos nós o onde os ou outra outras outro outros para pela pelas pelo pelos pode podem pois por porque portanto quais qual qualquer quando que quem são se seja sem ser seu seus si sido só sob sobre sua suas também tanto tem têm todas todo todos tudo um uma umas uns você`,
  nl: `aan al alle alleen als altijd andere bij bijvoorbeeld daar daarbij daarna dan dat de deze die dit door dus echter een één elke en er ervan eerst gaan geen had hebben heeft het hier hij hoe hun ik in is ja je jouw kan kunnen kun maar meer men met mijn moet moeten na naar niet niets nog nu of om onder ons ook op over reeds sinds soms te tegen ten ter terwijl toch toe tot tussen uit uw van vaak veel via vanaf voor vooral waar waarbij wanneer want waren was wat we wel werd worden wordt wie wij wil ze zeer zelf zich zij zijn zo zoals zonder zou zowel zullen`,
  pl: `a aby ale ani aż bardzo będzie będą bez bo być był była było były by chyba ci co coś czy dla dlatego do gdy gdyż gdzie go i ich ile im inne innych ja jak jako jakie jednak jego jej jest jeszcze jeśli jeżeli już każdy kiedy kilka kto która które którego której który których którym którzy lub ma mają może można mogą my na nad nam nas nawet nich nie nim niż no o od on ona one oni oraz po pod podczas ponieważ poza przed przez przy również są się sobie swój swoje ta tak także tam te tego tej ten też to tu tych tylko tym u w wam was we więc wiele wszystkie wszystkich wtedy z za zawsze ze że żeby`,
  ru: `а без более бы был была были было быть в вам вас ведь весь во вот все всего всех всё вы где да даже для до его ее её если есть еще ещё же за здесь и из или им их к как какой когда которая которого которой которые который которых кто ли либо между меня мне может можно мой мы на над надо нам нас не него нее нет ни них но ну о об однако он она они оно от очень перед по под после при про раз с сам свой своих себя со так также такие такой там те тем то того тоже той только том тот ту у уже чего чем что чтобы эта эти этих это этого этой этом этот я является`,
  sv: `alla allt även andra att av bara blev bli blir bör de dem den denna deras dess dessa det detta dig din du där då efter eftersom ej eller en er ett finns från för får genom göra ha hade han har hon hur här i ingen inom inte ja jag kan kommer kunna man med mellan men mer mot mycket måste ni nu när någon något några och också om oss på samma sedan sig sin sina ska skulle som så sådan till under upp ut utan vad var vara varje vi via vid vilka vilken vilket är över`,
  da: `af alle alt anden andet andre at blev blive bliver da de dem den denne der deres det dette dig din disse dog du efter eller en end er et for fordi fra før få får gennem ham han har havde hende her hun hvad hver hvilke hvilken hvis hvor hvordan i igen ikke ind ingen jeg kan kun kunne man med meget mellem men mere mod må når ned noget nogle nu og også om op os over på samme sig sin skal skulle som så til ud uden under var ved vi vil være`,
  no: `alle alt andre at av bare ble bli blir da de dem den denne der deres det dette din disse du eller en er et etter for fordi fra før få får gjennom gjøre ha hadde han har her hun hva hver hvilke hvis hvor hvordan i igjen ikke ingen jeg kan kunne man med mellom men mer mot må når ned noe noen nå og også om opp oss over på samme seg sin skal skulle slik som så til under ut uten var ved vi vil være`,
  fi: `ei eivät eli että hän he hyvin ja jo joka jos jotka joten kaikki kanssa koska kuin kuitenkin kun me mikä minä mitä mukaan mutta myös ne niin niiden nyt ole oli on ovat se sen sekä siihen sille siinä sitä tai tämä tämän te tätä vain vielä voi voidaan voit vaan`,
  cs: `a aby ale ani až bez bude budou by byl byla bylo být co či do ho i jako je jeho jejich jen ještě jsem jsou již k kde když která které který kteří ku má mezi mimo může na nad nebo než není o od ode po pod podle pokud pouze právě pro proto protože před při s se si své svůj ta tak také tam te tedy ten tím to toho tom tomu tu ty u už v vám ve více však všech z za ze že`,
  ca: `a al als amb això algun aquest aquesta aquestes aquests cada com d de del dels des dins e el ell ella ells els en entre era és esta està fins ha han hi i l la les li lo més molt ni no o on per però pel pels pot poden que qual quan què qui s se sense ser seu seva si són sobre també tan tant te tot tots un una unes uns va`,
  ro: `a acea această acest aceste acestea al ale am ar are as asta astfel atât au avea că când care ce cele cel cei chiar ci cu cum da dacă dar de deci decât din doar după e ea ei el ele este eu fără fi fie fiecare fost iar în înainte într între la le lor lui mai mult nu o oricare pe pentru poate pot prin sa să sau se și sunt său toate tot un una unei unor unui va vor`,
  tr: `acaba ama ancak az bazı belki ben bile bir biri birkaç bu bunu bunun çok çünkü da daha de değil diğer diye en gibi göre ha hem hep her hiç için ile ise kadar ki kim mı mi mu mü nasıl ne neden o olan olarak oldu olduğu olur on onlar ona onu sadece sen siz sonra şu tüm var ve veya ya yani yok zaman`,
  id: `ada adalah agar akan antara apa atau bagi bahwa banyak beberapa belum bisa bukan dalam dan dapat dari dengan di dia harus hanya ia ini itu jadi jika juga kami karena ke kepada kita lain lebih maka masih mereka namun oleh pada para saat saja sangat sebagai sebelum sebuah secara sehingga semua seperti serta setiap setelah suatu sudah telah tentang tersebut tetapi tidak untuk yang`,
  hu: `a abban ahol aki ami amely amelyek az azok azonban azt be csak de e egy egyes egyik el és ezek ezen ezt ez fel ha hogy is így illetve ki kell két la le lehet már még meg mely mert mi minden mint most nagyon ne nem nincs olyan pedig sem sok szerint úgy után vagy van vannak volt`,
  el: `ένα ένας αν από αυτά αυτές αυτή αυτό αυτός για δεν εάν είναι ενώ η θα και κάθε κατά με μετά μη μια μπορεί να ο οι όπως όταν ότι που προς σας σε στα στη στην στις στο στον στους τα τη την της τι τις το τον του τους των ως`,
  zh: `的 了 在 是 和 与 或 也 都 就 而 及 等 这 那 个 您 你 我 他 她 它 们 我们 他们 可以 会 要 为 对 从 到 以 把 被 将 有 不 没有 如果 因为 所以 但 但是 其 一个 一些 这个 那个 这些 那些 于 中 上 下 并 并且 之 所 则 当 使 使用`,
  ja: `の に は を た が で て と し れ さ ある いる も する から な こと として い や れる など なっ ない この ため その あっ よう また もの という あり まで られ なる へ か だ これ によって により おり より による ず なり られる において ば なかっ なく しかし について せ だっ その後 できる それ う ので なお のみ でき き つ における および いう さらに でも ら たり その他 に関する たち ます です ませ まし ください`,
};

const cache = new Map<string, ReadonlySet<string>>();
const none: ReadonlySet<string> = new Set();

/** The stop words of a language (base ISO 639-1 code); an empty set for languages without a list. */
export function stopWords(language: string | null): ReadonlySet<string> {
  const list = language === null ? undefined : lists[language];
  if (language === null || list === undefined) return none;
  let set = cache.get(language);
  if (!set) {
    set = new Set(list.split(/\s+/u));
    cache.set(language, set);
  }
  return set;
}

/** Languages of each stop word, filled when first needed. */
let languagesOf: Map<string, string[]> | undefined;

/**
 * Whether a sentence is plainly written in another language than `language`: pages that are translated in part mix
 * them. Told by script and by stop words, so it costs next to nothing; in doubt the answer is no.
 */
export function isForeign(text: string, language: string | null): boolean {
  if (language === null) return false;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  if (letters > 0 && ownScript.has(language)) return latin / letters > 0.7;
  if (!lists[language]) return false;
  if (letters > 0 && latin / letters < 0.5) return true;
  if (!languagesOf) {
    languagesOf = new Map();
    for (const [code, list] of Object.entries(lists)) {
      for (const word of list.split(/\s+/u)) languagesOf.set(word, [...(languagesOf.get(word) ?? []), code]);
    }
  }
  const hits = new Map<string, number>();
  for (const word of wordsIn(text.toLowerCase())) {
    for (const code of languagesOf.get(word) ?? []) hits.set(code, (hits.get(code) ?? 0) + 1);
  }
  const own = hits.get(language) ?? 0;
  const most = Math.max(0, ...hits.values());
  // Related languages share stop words, so a few more are needed where the own language is there at all.
  return own <= 1 ? most >= own + 2 : most >= own + 3 && most >= own * 2;
}

/** Languages that are not written in Latin letters. */
const ownScript = new Set('ru uk be bg sr mk el ja zh ko ar fa he hi bn ta te th ka hy am ur ne mr'.split(' '));
