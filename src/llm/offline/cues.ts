/*
 * Words that tell whether a sentence can be read on its own, per language. Written for this project; lower case.
 * `openers`: a sentence that begins so leans on the one before it. `references`: points at something outside the
 * sentence (a figure, "see below"). `firstPerson`: the source's author speaks of himself or herself.
 * `negations`: turn a statement round.
 */
export interface Cues {
  openers: RegExp;
  /** Words that point back when they stand among the first few of a sentence: "Ideally, this decision ...". */
  backward: RegExp;
  references: RegExp;
  firstPerson: RegExp;
  negations: RegExp;
}

/** Alternatives that must stand as whole words at the start of a sentence; spaces in them match any white space. */
const opening = (words: string) =>
  new RegExp(`^["'“„«‘(]*(?:${words.replaceAll(' ', '\\s+')})(?![\\p{L}\\p{M}\\p{N}])`, 'iu');
/** The same among the first five words. */
const early = (words: string) =>
  new RegExp(`^(?:\\S+\\s+){0,4}["'“„«‘(]*(?:${words.replaceAll(' ', '\\s+')})(?![\\p{L}\\p{M}\\p{N}])`, 'iu');
/** The same anywhere in the sentence. */
const anywhere = (words: string) =>
  new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])(?:${words.replaceAll(' ', '\\s+')})(?![\\p{L}\\p{M}\\p{N}])`, 'iu');

const backward: Record<string, string> = {
  en: 'this|these|those|such|aforementioned|the (?:former|latter|same|above|previous|following)',
  de: 'dies(?:e|er|es|em|en)|derartige?[nrms]?|solche[nrms]?|jene[nrms]?|letztere[nrms]?|desselben|derselben',
  fr: 'cet|cette|ces|celui-ci|celle-ci|ceux-ci|celles-ci|ce dernier|cette dernière|en reprendre',
  es: 'este|esta|estos|estas|esto|dich[oa]s?|éste|ésta|tales',
  it: 'questo|questa|questi|queste|tale|tali|quest\\p{L}*',
  pt: '(?:n|d)?ess[ea]s?|(?:n|d)?est[ea]s?|isso|isto|tais',
  nl: 'deze|dit|dergelijke|zulke',
  pl: 'ten|tego|tej|tych|tym|tymi|takich|takiego',
  ru: 'эт(?:от|а|о|и|ого|ой|их|ом|ому|у|им|ими)|данн\\p{L}+|так(?:их|ого|ой)',
  sv: 'denna|detta|dessa',
};

const tables: Record<string, Record<'openers' | 'references' | 'firstPerson' | 'negations', string>> = {
  en: {
    openers:
      "some time later|later|other|afterwards|previously|earlier|originally|ideally|additionally|specifically|quantitatively|qualitatively|optionally|as for|as far as|in (?:any|that|this|such|the (?:first|second|same|other)) (?:case|way|event|situation)|in the (?:other direction|same way|meantime|end)|when in (?:this|that|such)|each one|every one|each of them|the (?:counterpart|above|script|two|three|command|option|setting|bank)|from (?:this|that|then|there|here)|until then|since then|of these|of those|among (?:these|them)|whichever|let us|this|that|these|those|it|its|it's|they|their|them|he|she|his|her|him|such|however|therefore|thus|hence|moreover|furthermore|also|but|and|or|so|then|yet|still|nor|instead|otherwise|nevertheless|nonetheless|consequently|accordingly|meanwhile|besides|similarly|likewise|conversely|finally|lastly|second|secondly|third|thirdly|firstly|next|again|here|there|both|either|neither|another|the (?:former|latter|same|other|others|second|third|first|next|last|resulting|aforementioned)|for (?:example|instance|this|that|these)|in (?:this|that|these|such|contrast|addition|particular|fact|other words|short|turn|either|both)|as (?:a result|such|well|we|usual|mentioned|stated|noted|described|explained|shown|seen|you can see)|because of (?:this|that)|on the (?:other|contrary|one)|at (?:this|that) (?:point|time|stage)|to (?:this|that) end|to do (?:this|so)|with (?:this|that|these)|by (?:this|that|doing)|one of (?:these|them)|some of (?:these|them)|most of (?:these|them)|all of (?:these|them|this)|all (?:this|these|those)|each of (?:these|them)|if (?:so|not|this|that|it|they)|when (?:this|that|it|they)|while (?:this|that|it|they)|although (?:this|that|it|they)|once (?:this|that|it|they)|after (?:this|that)|before (?:this|that)|more (?:precisely|specifically|importantly|generally)|indeed|actually|of course|obviously|naturally|unfortunately|fortunately|luckily|hopefully|sometimes|note that|remember that|put differently|yes|no|well|now|others|only then|rather|even (?:so|then|better|worse)|too|above all|except|apart from (?:this|that)|compared to (?:this|that)|despite (?:this|that)|regardless|whatever|which|who|where|similar|one (?:is|can|such|example|way|more)|two (?:of|more)",
    references:
      'see|what follows|for (?:more|further) (?:details|information)|see (?:also|the|section|chapter|figure|table|below|above|sidebar|here|page|our|this)|figure \\d|fig\\.? \\d|table \\d|section \\d|chapter \\d|listing \\d|appendix|sidebar|below|above|the following|as follows|following (?:section|chapter|paragraph|command|example|table|list|figure|steps)|previous(?:ly)? (?:section|chapter|paragraph|example|command|mentioned|described|step|article|post)|next (?:section|chapter|paragraph|step)|this (?:section|chapter|book|article|page|tutorial|guide|post|figure|table|document|manual|handbook|example|line|last|second|first|latter)|these (?:lines|examples|sections|chapters)|in (?:chapter|section)|click (?:here|on|the)|already (?:mentioned|seen|discussed|described|explained)|aforementioned|mentioned|shown here|earlier in|later in|screenshot|read more|learn more|our example|case study',
    firstPerson: "i|i'm|i've|i'd|i'll|me|my|mine|we|we're|we've|we'll|us|our|ours|let's|let us",
    negations:
      "not|no|never|none|neither|nor|without|cannot|can't|don't|doesn't|isn't|aren't|won't|wasn't|weren't|shouldn't|couldn't|wouldn't|hardly",
  },
  de: {
    openers:
      'einige zeit später|später|zuvor|von da an|von hier|einer von|eine von|der (?:vorherige|obige|genannte)|diese|dies|dieser|dieses|diesem|diesen|das (?:ist|sind|bedeutet|heißt|gilt|war|wird|kann|geht|macht|hat|liegt|führt|erlaubt|ermöglicht)|es|er|sie (?:ist|sind|kann|können|wird|werden|hat|haben|enthält|enthalten|bietet|bieten|besteht|bestehen|dient|dienen|erlaubt|ermöglicht|wurde|wurden)|ihr|ihre|ihren|ihrem|sein|seine|jedoch|aber|und|oder|denn|doch|daher|deshalb|deswegen|darum|somit|folglich|also|auch|außerdem|zudem|ferner|weiterhin|darüber hinaus|dennoch|trotzdem|allerdings|hingegen|dagegen|stattdessen|andernfalls|sonst|ansonsten|dann|danach|anschließend|schließlich|zuletzt|zweitens|drittens|hier|hierbei|hierfür|hierzu|hiermit|dabei|dadurch|dafür|damit|daran|darauf|daraus|darin|darunter|dazu|davon|davor|dort|so|solche|solcher|solches|beide|beides|beispielsweise|zum beispiel|z\\.|insbesondere|tatsächlich|natürlich|leider|glücklicherweise|zwar|weder|ebenso|ebenfalls|gleichzeitig|in diesem|in diesen|in dieser|bei diesem|bei diesen|bei dieser|aus diesem|aus diesen|mit diesem|mit diesen|mit dieser|nach diesem|auf diese|auf diesem|für diese|für diesen|zu diesem|zu diesen|unter diesen|wie (?:bereits|schon|oben|erwähnt|gesagt|gesehen)|im (?:ersten|zweiten|letzten|folgenden|gegensatz)|letztere|letzterer|letzteres|erstere|ersterer|ein weiterer|eine weitere|ein weiteres|ein anderer|eine andere|ein anderes|andere|einer davon|eine davon|nun|jetzt|ja|nein|beachten sie|denken sie daran|kurz gesagt|mit anderen worten|genau|genauer|nur so|wenn (?:dies|das|es|sie nicht)|falls (?:dies|das|es|nicht)|sobald (?:dies|das|es)|obwohl (?:dies|das|es)|nachdem (?:dies|das|es)|letzten endes|umgekehrt|vielmehr|sogar|was|welche|der letzte|der erste|der zweite|der andere|die letzte|die erste|die zweite|die andere|das andere|dasselbe|derselbe|dieselbe|dessen|deren',
    references:
      'siehe|s\\. ?o\\.|s\\. ?u\\.|abbildung|abb\\.|tabelle \\d|abschnitt|kapitel|anhang|seitenleiste|oben|unten|untenstehend\\p{L}*|obenstehend\\p{L}*|folgend\\p{L}*|vorherig\\p{L}*|vorhergehend\\p{L}*|vorangegangen\\p{L}*|nächsten abschnitt|nächsten kapitel|dieses? (?:buch\\p{L}*|kapitels?|abschnitts?|artikels?|seite|beispiels?|zeilen?)|diesem (?:buch|kapitel|abschnitt|artikel|beispiel|fall)|klicken sie|klicke|hier klicken|bereits (?:erwähnt|gesehen|beschrieben|besprochen)|erwähnt\\p{L}*|weiterlesen|mehr erfahren|bildschirmfoto|fallstudie',
    firstPerson: 'ich|mich|mir|mein|meine|meinen|meinem|meiner|wir|uns|unser|unsere|unserem|unseren|unserer|unseres',
    negations: 'nicht|nichts|kein|keine|keinen|keinem|keiner|keines|nie|niemals|weder|noch nie|ohne|kaum',
  },
  fr: {
    openers:
      "cela|ceci|ça|c'est|ce (?:n'est|sont|qui|que|dernier|fichier|paquet|type|cas|choix|processus|système|programme|mécanisme|mode|serveur)|cet|cette|ces|celui|celle|ceux|celles|il|elle|ils|elles|son|sa|ses|leur|leurs|l'un|l'une|toutefois|cependant|pourtant|néanmoins|donc|ainsi|aussi|mais|et|or|ou|car|ensuite|puis|enfin|finalement|de plus|en outre|par ailleurs|d'ailleurs|en effet|en revanche|au contraire|par conséquent|par exemple|notamment|sinon|autrement|dans ce|dans cet|dans cette|dans ces|dans ce cas|pour ce|pour cela|pour cette|à cet|à cette|à ce|avec ce|avec cette|avec ces|de ce|de cette|de même|de telle|d'autres|d'autre|une autre|un autre|les autres|l'autre|les deux|tous deux|ici|là|on|voici|voilà|comme (?:nous|vu|indiqué|mentionné|précédemment|dit)|tout cela|c'|s'il|s'ils|si (?:cela|ce|c'est|elle|elles)|quand (?:cela|il|elle)|lorsque (?:cela|ce)|malgré cela|en particulier|en pratique|en fait|bien sûr|bien entendu|évidemment|malheureusement|heureusement|parfois|notez|attention|oui|non|certains|certaines|deuxièmement|troisièmement|premièrement|autrement dit|bref|en bref|dès lors|au final|dont|où|qui|y|en",
    references:
      "voir|cf\\.?|figure|tableau \\d|section|chapitre|annexe|encadré|ci-dessous|ci-dessus|ci-après|ci-contre|suivants?|suivantes?|précédents?|précédentes?|plus haut|plus bas|cet ouvrage|ce livre|cet article|cette page|ce chapitre|cette section|cet exemple|cliquez|cliquer ici|déjà (?:vu|mentionné|évoqué|décrit)|mentionnée?s?|évoquée?s?|lire la suite|en savoir plus|capture d'écran|étude de cas",
    firstPerson: "je|j'\\p{L}+|me|m'\\p{L}+|mon|ma|mes|moi|nous|notre|nos",
    negations: "ne|n'\\p{L}+|pas|jamais|aucune?|sans|ni|rien|non",
  },
  es: {
    openers:
      'esto|eso|este|esta|estos|estas|ese|esa|esos|esas|aquello|aquel|ello|él|ella|ellos|ellas|su|sus|sin embargo|no obstante|además|también|pero|y|o|pues|por (?:lo tanto|tanto|ello|esto|eso|ejemplo|otro|otra|consiguiente|último|esta|este|lo general)|así|entonces|luego|después|finalmente|asimismo|en (?:este|esta|estos|estas|ese|esa|cambio|consecuencia|concreto|particular|efecto|realidad|otras palabras|ambos|resumen|cualquier caso)|de (?:este|esta|hecho|ese|esa|lo contrario|otro modo|igual|la misma|nuevo)|para (?:ello|esto|eso|este|esta)|a (?:este|esta|su vez|continuación|pesar de (?:ello|esto|eso))|con (?:esto|eso|este|esta|ello)|aquí|allí|ahí|tal|tales|dicho|dicha|dichos|dichas|otro|otra|otros|otras|ambos|ambas|lo (?:mismo|anterior|cual|que)|el (?:primero|segundo|último|otro)|la (?:primera|segunda|última|otra)|los (?:otros|demás)|las (?:otras|demás)|uno de (?:ellos|estos)|una de (?:ellas|estas)|si (?:esto|eso|es así|no)|cuando (?:esto|eso)|aunque (?:esto|eso|este|esta)|como (?:se ha|hemos|ya|vimos|se mencionó)|desafortunadamente|lamentablemente|afortunadamente|obviamente|naturalmente|por supuesto|a veces|sí|no|segundo|tercero|primero|todo (?:esto|ello|eso)|incluso|tampoco|mientras tanto|igualmente|cabe|es (?:decir|posible|por|más|necesario|importante|una|un|el|la)|son|fue|está|están|tiene|tienen|permite|permiten|puede|pueden|se (?:trata|puede|pueden|debe|deben)',
    references:
      'véase|ver (?:la|el|sección|capítulo|más|figura)|vea|consulte|figura|tabla \\d|sección|capítulo|apéndice|recuadro|arriba|abajo|siguientes?|a continuación|anterior(?:es|mente)?|este (?:libro|capítulo|artículo|apartado|ejemplo|manual)|esta (?:sección|página|figura|tabla)|haga clic|clic aquí|ya (?:mencionad\\p{L}+|vist\\p{L}+|hemos)|mencionad\\p{L}+|leer más|captura de pantalla|caso de estudio',
    firstPerson: 'yo|me|mi|mis|nosotros|nosotras|nos|nuestro|nuestra|nuestros|nuestras|\\p{L}{2,}(?:amos|emos|imos)',
    negations: 'no|nunca|jamás|ningún|ninguna|ninguno|sin|ni|nada|tampoco',
  },
};

tables.it = {
  openers:
    "questo|questa|questi|queste|quello|quella|quelli|quelle|ciò|esso|essa|essi|esse|egli|lui|lei|loro|il suo|la sua|i suoi|le sue|tuttavia|però|ma|e|o|oppure|quindi|dunque|perciò|pertanto|così|inoltre|anche|infine|poi|dopo|allora|infatti|invece|altrimenti|ad esempio|per esempio|in (?:questo|questa|questi|queste|tal|particolare|effetti|realtà|altre parole|alternativa|seguito|pratica)|per (?:questo|questa|fare ciò|tale)|a (?:questo|questa|tal)|con (?:questo|questa|ciò)|da (?:questo|ciò)|di (?:conseguenza|questo|solito|fatto)|tale|tali|altro|altra|altri|altre|un altro|un'altra|entrambi|entrambe|qui|lì|ecco|l'altro|l'altra|gli altri|le altre|l'ultimo|l'ultima|il primo|il secondo|la prima|la seconda|se (?:questo|ciò|così|non)|quando (?:questo|ciò)|come (?:già|abbiamo|visto|detto|accennato)|purtroppo|fortunatamente|ovviamente|naturalmente|talvolta|sì|no|è|sono|ha|hanno|può|possono|permette|si tratta|nonostante ciò|al contrario|allo stesso|tutto ciò|tutti questi|tutte queste|stesso|dopodiché",
  references:
    'vedere|vedi|si veda|cfr\\.?|figura|tabella \\d|sezione|capitolo|appendice|riquadro|sopra|sotto|seguent[ei]|di seguito|precedent[ei]|precedentemente|questo (?:libro|capitolo|articolo|esempio|manuale)|questa (?:sezione|pagina|figura)|clicca\\p{L}*|fare clic|già (?:vist\\p{L}|menzionat\\p{L}|descritt\\p{L})|menzionat\\p{L}|leggi tutto|schermata|caso di studio',
  firstPerson: 'io|mi|mio|mia|miei|mie|noi|ci (?:siamo|troviamo)|nostro|nostra|nostri|nostre|\\p{L}{2,}iamo',
  negations: 'non|mai|nessun|nessuna|nessuno|senza|né|nulla|niente',
};
tables.pt = {
  openers:
    'isto|isso|este|esta|estes|estas|esse|essa|esses|essas|aquilo|aquele|aquela|ele|ela|eles|elas|seu|sua|seus|suas|no entanto|porém|contudo|entretanto|todavia|portanto|assim|então|logo|além (?:disso|disto)|também|mas|e|ou|pois|por (?:isso|isto|exemplo|outro|outra|fim|último|esse|essa|este|esta|conseguinte)|depois|finalmente|em (?:seguida|particular|vez disso|outras palavras|ambos|resumo)|nesse|nessa|nesses|nessas|neste|nesta|nestes|nestas|desse|dessa|deste|desta|dessa forma|desta forma|dessa maneira|para (?:isso|isto|esse|essa|este|esta)|com (?:isso|isto|esse|essa)|a (?:esse|essa|partir (?:disso|daí))|aqui|ali|lá|tal|tais|outro|outra|outros|outras|ambos|ambas|o (?:mesmo|primeiro|segundo|último|outro|que)|a (?:mesma|primeira|segunda|última|outra)|os (?:outros|demais)|as (?:outras|demais)|um deles|uma delas|se (?:isso|isto|não|assim)|quando (?:isso|isto)|embora (?:isso|isto|este|esta|esse|essa)|como (?:já|vimos|mencionado|dito)|infelizmente|felizmente|obviamente|naturalmente|claro|às vezes|sim|não|segundo|terceiro|tudo (?:isso|isto)|de fato|na verdade|caso contrário|ao contrário|do mesmo|inclusive|apesar (?:disso|disto)|é|são|foi|tem|têm|pode|podem|permite|trata-se',
  references:
    'veja|ver (?:a|o|também|seção|capítulo|figura)|consulte|figura|tabela \\d|seção|secção|capítulo|apêndice|acima|abaixo|seguintes?|a seguir|anterior(?:es|mente)?|este (?:livro|capítulo|artigo|exemplo)|esta (?:seção|página|figura)|deste (?:livro|capítulo)|clique|já (?:mencionad\\p{L}+|vist\\p{L}+)|mencionad\\p{L}+|leia mais|saiba mais|captura de tela|estudo de caso',
  firstPerson: 'eu|me|meu|minha|meus|minhas|nós|nos|nosso|nossa|nossos|nossas|\\p{L}{2,}(?:amos|emos|imos)',
  negations: 'não|nunca|jamais|nenhum|nenhuma|sem|nem|nada',
};
tables.nl = {
  openers:
    "dit|dat|deze|die|het (?:is|was|wordt|kan|bevat|heeft|maakt|gaat|biedt|zijn)|hij|zij|ze|hun|zijn|haar|echter|maar|en|of|dus|daarom|daardoor|daarnaast|daarbij|daarmee|daarna|daarvoor|daarvan|daarin|hierdoor|hierbij|hiermee|hiervoor|hierin|bovendien|verder|ook|toch|dan|vervolgens|tenslotte|ten slotte|uiteindelijk|tot slot|bijvoorbeeld|zo|zoals (?:gezegd|eerder|hierboven)|hier|daar|er|beide|anders|anderzijds|enerzijds|in (?:dit|dat|deze|die|feite|tegenstelling)|op (?:deze|die|dit)|met (?:deze|dit|die)|voor (?:deze|dit|die)|bij (?:deze|dit|die)|van (?:deze|dit|die)|door (?:deze|dit|die)|na (?:deze|dit)|om (?:dit|deze)|als (?:dit|dat|het|ze|dat zo|gevolg)|wanneer (?:dit|dat|het)|hoewel (?:dit|dat|het)|zulke|zo'n|een ander|een andere|andere|anderen|de (?:andere|laatste|eerste|tweede|volgende)|het (?:andere|laatste|eerste|tweede)|natuurlijk|helaas|gelukkig|soms|ja|nee|eveneens|evenzo|namelijk|immers|kortom|inderdaad|wel|wat|let op|merk op",
  references:
    'zie|figuur|tabel \\d|paragraaf|sectie|hoofdstuk|bijlage|kader|hieronder|hierboven|onderstaande|bovenstaande|volgende|vorige|voorgaande|dit (?:boek|hoofdstuk|artikel|voorbeeld)|deze (?:sectie|pagina|paragraaf)|klik|eerder (?:genoemd\\p{L}*|vermeld\\p{L}*|beschreven)|genoemde|lees meer|schermafbeelding|casus',
  firstPerson: 'ik|me|mij|mijn|wij|we|ons|onze',
  negations: 'niet|niets|geen|nooit|nergens|zonder|noch',
};
tables.pl = {
  openers:
    'to|ten|ta|te|ci|tego|tej|tych|tym|temu|takie|taki|taka|on|ona|ono|oni|one|jego|jej|ich|jednak|jednakże|ale|lecz|i|a|oraz|lub|więc|zatem|dlatego|ponadto|poza tym|także|również|też|następnie|potem|później|wtedy|wówczas|tam|tutaj|tu|w (?:tym|ten|tej|takim|takiej|takich|tych|efekcie|rezultacie|szczególności|przeciwnym)|z (?:tego|tej|tych|kolei|drugiej)|na (?:przykład|tej|tym|koniec)|do (?:tego|tej|tych)|po (?:tym|drugie|trzecie|pierwsze)|dzięki (?:temu|tej)|przy (?:tym|tej)|oprócz tego|mimo to|inne|inny|inna|inni|obie|oba|obaj|drugi|druga|ostatni|ostatnia|jeśli (?:to|tak|nie)|gdy (?:to|tak)|jak (?:już|widać|wspomniano)|niestety|oczywiście|czasami|tak|nie|ponieważ|natomiast|zaś|właśnie|przede wszystkim|podobnie|wreszcie|jest|są|można|należy|innymi słowy|które|który|która',
  references:
    'zobacz|patrz|zob\\.?|rysunek|rysunku|tabela \\d|sekcja|sekcji|rozdział\\p{L}*|dodatek|ramka|poniżej|powyżej|poniższ\\p{L}+|powyższ\\p{L}+|następując\\p{L}+|poprzedni\\p{L}*|niniejsz\\p{L}+|kliknij|wspomnian\\p{L}+|czytaj więcej|zrzut ekranu|tej książ\\p{L}+',
  firstPerson:
    'ja|mnie|mi|mój|moja|moje|my|nas|nam|nami|nasz|nasza|nasze|naszego|naszej|naszych|\\p{L}{3,}(?:amy|emy|imy|ymy)',
  negations: 'nie|nigdy|żaden|żadna|żadne|bez|ani|nic',
};
tables.ru = {
  openers:
    'это|этот|эта|эти|этого|этой|этом|этих|такой|такая|такое|такие|он|она|оно|они|его|её|ее|их|однако|но|и|а|или|поэтому|следовательно|таким образом|кроме (?:того|этого)|также|тоже|затем|потом|тогда|там|здесь|в (?:этом|этой|этих|таком|таких|частности|результате|противном|итоге)|для (?:этого|этой)|при (?:этом|этой)|с (?:этой|этим|другой)|на (?:этом|этой)|по (?:этой|этому)|после этого|например|другой|другая|другое|другие|оба|обе|второй|вторая|последний|последняя|если (?:это|так)|когда это|как (?:уже|видно|было)|к сожалению|конечно|иногда|да|нет|впрочем|наконец|иначе|то есть|тем не менее|напротив|который|которая|которые|зато|ведь|именно',
  references:
    'см\\.?|смотрите|рисун\\p{L}+|рис\\.?|таблиц\\p{L}+ \\d|раздел\\p{L}*|глав[аеуы]|приложени[еи]|ниже|выше|следующ\\p{L}+|предыдущ\\p{L}+|вышеупомянут\\p{L}+|упомянут\\p{L}+|нажмите|щёлкните|подробнее|читать далее|скриншот|эт(?:ой|а|у) (?:книг\\p{L}+|стат\\p{L}+)',
  firstPerson: 'давайте|я|меня|мне|мой|моя|моё|мои|мы|нас|нам|нами|наш|наша|наше|наши|нашей|нашего|наших',
  negations: 'не|нет|ни|никогда|никакой|никакие|без|ничего|нельзя',
};
tables.sv = {
  openers:
    'detta|det här|dessa|den här|de här|det (?:är|var|kan|finns|har|går)|den (?:är|kan|har)|de (?:är|kan|har)|han|hon|dess|deras|emellertid|men|och|eller|så|därför|dessutom|också|sedan|då|där|här|till exempel|i (?:detta|dessa|den här|stället)|på (?:detta|så)|för (?:detta|att göra detta)|med (?:detta|dessa)|annars|andra|en annan|ett annat|båda|slutligen|om (?:detta|det|så)|när (?:detta|det)|tyvärr|naturligtvis|ibland|ja|nej|dock|däremot|alltså|på samma',
  references:
    'se (?:även|avsnitt|kapitel|figur|nedan|ovan)|figur|tabell \\d|avsnitt|kapitel|bilaga|nedan|ovan|nedanstående|ovanstående|följande|föregående|klicka|ovannämnda|nämnd\\p{L}*|läs mer|skärmbild',
  firstPerson: 'jag|mig|min|mitt|mina|vi|oss|vår|vårt|våra',
  negations: 'inte|ej|icke|aldrig|ingen|inget|inga|utan|varken',
};
const compiled = new Map<string, Cues>();
const nothing = /(?!)/u;

/** Scripts without spaces need patterns without word borders. */
const unspacedCues: Record<string, Cues> = {
  ja: {
    backward: /^.{0,12}(この|その|これら|それら|同じ)/u,
    openers:
      /^(上の|下の|今回|具体的に|すなわち|これにより|他の|もはや|前者|後者|これ|それ|この|その|あれ|あの|ここ|そこ|また|しかし|ただし|そして|そのため|したがって|さらに|なお|例えば|たとえば|つまり|一方|もちろん|同様|次に|最後に|上記|以下|こう|そう|では|でも|もし(これ|それ)|彼|両方)/u,
    references:
      /(以下の|上記|下記|前述|後述|図\d|表\d|第\d+[章節]|次の(例|節|章|表|図|コマンド)|参照|ご覧|クリック|本書|この章|この節)/u,
    firstPerson: /(私|我々|わたし|筆者)/u,
    negations: /(ない|ません|なかった|せず|なく)/u,
  },
  zh: {
    backward: /^.{0,8}(这个|这些|该|此|這個|這些)/u,
    openers:
      /^(这|那|此|该|它|他|她|其|但|但是|然而|因此|所以|而且|此外|另外|并且|例如|比如|同样|然后|最后|接着|不过|也|还|即|以上|以下|如此|上述|這|該|但|當然|因此|並且|此外|另外|例如)/u,
    references:
      /(以下|上述|下面|上面|前面|如下|参见|參見|见第|見第|图\s?\d|圖\s?\d|表\s?\d|第\s?\d+\s?[章节節]|本书|本書|本章|本节|本節|点击|點擊|前文|后文)/u,
    firstPerson: /(我们|我們|我的|笔者|筆者|^我)/u,
    negations: /(不|没|沒|无|無|未)/u,
  },
};

/** The cues of a language; languages without a table get cues that match nothing. */
export function cuesFor(language: string | null): Cues {
  const known = language === null ? undefined : (compiled.get(language) ?? unspacedCues[language]);
  if (known) return known;
  const table = language === null ? undefined : tables[language];
  if (language === null || !table) {
    return { openers: nothing, backward: nothing, references: nothing, firstPerson: nothing, negations: nothing };
  }
  const cues: Cues = {
    openers: opening(table.openers),
    backward: backward[language] === undefined ? nothing : early(backward[language]),
    references: anywhere(table.references),
    firstPerson: anywhere(table.firstPerson),
    negations: anywhere(table.negations),
  };
  compiled.set(language, cues);
  return cues;
}
