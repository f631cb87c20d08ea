export const fr = {
  documentTitle: "Refugio Alto · un refuge à 2 410 m",
  skip: "Aller au contenu",
  nav: "Site",
  navStories: "Récits",
  navWay: "Venir",
  settings: "Apparence",
  kicker: "2 410 m · ouvert de juin à octobre",
  title: "Un refuge au-dessus des derniers mélèzes",
  lead: "Dix-huit lits, un poêle, pas de route. Refugio Alto se tient depuis 1931 sur son épaule de granit, entre la vallée où s'arrêtent les cars et le col où se fait le temps.",
  plan: "Préparer la montée",
  home: [
    [
      "À quoi s'attendre",
      "La journée a deux cloches. À six heures et demie le poêle est allumé et il y a du pain ; à sept heures du soir il y a une soupe, un plat et un dessert, une marmite après l'autre, et chacun s'assied où il y a de la place. Entre-temps la maison est à vous s'il pleut, et la montagne s'il fait beau.",
      "On dort à quatre ou à six, sur de vrais matelas, sous la laine. Apportez un drap de sac, une frontale et de quoi chausser doucement : les chaussures restent à la porte, sur le râtelier que le premier gardien a tiré d'un vieux téléphérique.",
    ],
    [
      "L'eau et la lumière",
      "La source derrière la maison donne quatre litres par minute dans un bon mois d'août, et la moitié dans un mauvais. Elle sert à cuisiner et à boire, et le reste à se laver. Il n'y a pas de douche. Les panneaux du mur sud nourrissent les lampes, la radio et le congélateur, dans cet ordre ; un téléphone se charge de deux à quatre heures, quand le soleil a de la marge.",
    ],
    [
      "Ce que nous cuisinons",
      "Tout ce qui pèse plus qu'un oignon monte à dos de mule le mardi et le vendredi. La soupe du lundi est donc un poème sur ce qui restait, et le fromage du samedi est généreux. Dites-nous en réservant ce que vous ne mangez pas. Personne n'est jamais reparti affamé vers le col, mais il a fallu inventer.",
    ],
    [
      "Le col",
      "Du refuge il faut une heure et demie jusqu'au Collado de los Vientos, d'abord par des dalles aux marques rouges, puis par un bon chemin muletier que la neige quitte tard. Là-haut naissent deux vallées et se touchent trois provinces, et les matins clairs la mer est un trait de lumière au sud. Faites demi-tour si le sommet porte un bonnet de nuages : il descend plus vite que vous.",
    ],
    [
      "Le silence",
      "À partir de dix heures la maison dort. Qui part à quatre heures pour la longue arête fait son sac la veille, dans l'entrée, et descend l'escalier en chaussettes. Le gardien entend chaque planche, et fait du café pour qui marche doucement.",
    ],
    [
      "Réserver",
      "Écrivez-nous jusqu'à midi la veille ; la radio monte votre message à une heure. Les lits sont gardés jusqu'à six heures du soir. Si le temps vous retient en bas, un mot suffit, et votre argent attend une meilleure semaine.",
    ],
  ],
  storiesTitle: "Récits du refuge",
  back: "Tous les récits",
  stories: [
    {
      title: "La chambre d'hiver",
      teaser: "Six couchettes, une bougie et le cahier où tous ont écrit la même phrase.",
      paragraphs: [
        "Quand nous fermons en octobre, la chambre à gauche de la porte reste ouverte. Il y a six couchettes, une pelle, un poêle de fonte et autant de bois que les derniers en ont laissé. Elle n'est à personne et à tout le monde, comme toute chambre d'hiver.",
        "Sur l'étagère est un cahier d'écolier. La première page est de février 1954 : deux géomètres, quatre jours de neige, et « nous avons brûlé le banc, nous en apporterons un autre ». Ils l'ont fait ; il est monté en juin sur le dos du plus jeune, et c'est le banc où vous ôtez vos chaussures.",
        "Depuis, il y a quelque onze cents pages. On y parle du temps, comme il se doit, et de soupe de neige avec un seul bouillon. Et presque toutes finissent, quelle que soit la langue, par la phrase qui pend aujourd'hui au-dessus de la porte : laisse plus de bois que tu n'en as trouvé.",
      ],
    },
    {
      title: "La mule du mardi",
      teaser: "Elle sait le chemin, l'heure et le poids d'un fromage. Nous marchons à côté.",
      paragraphs: [
        "Elle s'appelle Marquesa, et elle est montée par ce chemin quelque neuf cents fois. La charge est de soixante kilos, à parts égales ; à soixante-deux elle s'arrête, regarde la vallée et attend que quelqu'un soit raisonnable.",
        "Deux fois un hélicoptère aurait coûté moins cher. Mais le chemin est ouvert parce que quelqu'un y passe chaque mardi : les pierres que la pluie a bougées sont remises, les marques rouges sont vues, le pont est regardé. Un chemin qu'on survole a disparu en cinq ans.",
        "Au tournant où finissent les mélèzes il y a une pierre plate. Elle y reçoit une demi-pomme, à la montée et à la descente. Nous avons essayé une fois de l'oublier.",
      ],
    },
    {
      title: "Lire le matin",
      teaser: "Quatre signes avant le petit déjeuner qui en disent plus que la météo.",
      paragraphs: [
        "La météo est faite pour la plaine, et elle est bonne. Ce qu'elle ignore, c'est notre col. Avant le petit déjeuner le gardien fait donc le tour de la maison, et vous pouvez le faire avec lui.",
        "D'abord l'herbe : sèche à six heures, elle dit que la nuit fut de vent ou de nuages, et que quelque chose vient. Puis les chocards : s'ils tournent haut, allez loin ; s'ils sont sur le toit, restez près de lui. Puis la fumée : droite, c'est un jour d'arête, et couchée sur le toit, un jour de livre près du poêle.",
        "Et enfin le col. Si l'on peut compter les pierres du cairn, l'air est sec et la journée longue. Si le cairn semble à portée de main, prenez votre veste : pluie avant quatre heures.",
      ],
    },
  ],
  wayTitle: "Venir",
  wayLead:
    "Trois chemins montent, et aucun n'est pour les roues. Les temps sont ceux d'une personne en forme, avec un sac, qui s'arrête pour regarder ; car vous vous arrêterez.",
  wayFrom: "Départ",
  wayTime: "Temps",
  wayUp: "Montée",
  wayWater: "Dernière eau",
  ways: [
    ["Vegarredonda, terminus du car", "3 h 15 min", "1 020 m", "Fuente del Pastor, 1 760 m"],
    ["Puente Viejo, par les gorges", "4 h 30 min", "1 280 m", "le torrent, jusqu'à 1 900 m"],
    ["Par le col, depuis le nord", "6 h", "1 150 m", "Ibón Chico, 2 150 m"],
  ],
  way: [
    [
      "En car",
      "Le car quitte la gare à 7 h 10 et à 14 h 40 de juin à septembre et s'arrête à Vegarredonda, où le bar a du pain dès six heures. Avec le second vous arrivez pour le dîner, si le café ne vous retient pas.",
    ],
    [
      "Le chemin habituel",
      "Du bar passez le pont et laissez la chapelle à droite. Le chemin monte sous les hêtres, puis les mélèzes ; au bout de deux heures une pierre plate marque la fin des arbres. De là on voit le refuge, et pendant une heure encore il n'approche pas. Tout est balisé.",
    ],
    [
      "Les gorges",
      "Les gorges sont le plus beau des trois, et fermées après la pluie : au troisième gué l'eau vient à mi-cuisse en une heure. Demandez à Puente Viejo. Prenez une seconde paire de chaussettes.",
    ],
    [
      "Avec des enfants",
      "Dès huit ans, par le chemin habituel, avec le premier car et un sac de cerises pour la dernière heure.",
    ],
  ],
  footer: "Refugio Alto est inventé ; le dessin de sa page ne l'est pas. Perennial le choisit pour vous.",
  consentTitle: "Cette page peut-elle s'adapter à vous ?",
  consentText:
    "Si vous l'acceptez, elle demande un dessin qui convient à votre appareil et à l'heure, et dit comment la visite s'est passée : temps, défilement, clics. Ce qu'elle sait de vos visites reste sur votre appareil. Sans cookies.",
  consentYes: "Oui, s'adapter",
  consentNo: "Non",
  theme: "Thème",
  font: "Caractères",
  density: "Densité",
  asOffered: "comme proposé",
  light: "clair",
  dark: "sombre",
  auto: "comme l'appareil",
  sans: "sans empattement",
  serif: "avec empattement",
  mono: "à chasse fixe",
  low: "aérée",
  medium: "moyenne",
  high: "dense",
  howIsIt: "Comment se lit-elle ?",
  outOf: "sur 5",
  forget: "M'oublier",
};
