export const en = {
  documentTitle: "Refugio Alto · a mountain hut at 2,410 m",
  skip: "Skip to the content",
  nav: "Site",
  navStories: "Stories",
  navWay: "Getting here",
  settings: "Appearance",
  kicker: "2,410 m · open from June to October",
  title: "A hut above the last larches",
  lead: "Eighteen beds, one stove, no road. Refugio Alto has stood on its shoulder of granite since 1931, between the valley where the buses end and the pass where the weather is made.",
  plan: "Plan your way up",
  home: [
    [
      "What to expect",
      "The day has two bells. At half past six the stove is lit and there is bread; at seven in the evening there is soup, a main dish and a pudding, all from one pot after another, and everybody sits where there is room. In between the house is yours if it rains, and the mountain's if it does not.",
      "You sleep in rooms of four or six, on real mattresses, under wool. Bring a sheet sack, a head torch and something soft for your feet: boots stay at the door, on the rack that the first guardian built from an old cable car.",
    ],
    [
      "Water and light",
      "The spring behind the house gives four litres a minute in a good August and half of that in a bad one. We cook and drink with it, and wash with what is left. There is no shower. The panels on the south wall feed the lamps, the radio and the freezer, in this order; a telephone may be charged from two to four in the afternoon, when the sun has something to spare.",
    ],
    [
      "What we cook",
      "Everything heavier than an onion comes up on the mule on Tuesdays and Fridays. So the soup of a Monday is a poem on what remained, and the cheese on a Saturday is generous. Tell us when you book what you cannot eat. We have never yet sent anybody hungry over the pass, but we have had to be inventive.",
    ],
    [
      "The pass above",
      "From the hut it is an hour and a half to the Collado de los Vientos, first over slabs with red marks, then on a good mule track that the snow leaves late. Up there two valleys begin and three provinces meet, and on clear mornings the sea is a line of light in the south. Turn back if the summit wears a cap of cloud: it comes down faster than you do.",
    ],
    [
      "Quiet hours",
      "From ten the house sleeps. Whoever leaves at four for the long ridge packs the evening before, in the hall, and goes down the stairs in socks. The guardian hears every board, and makes coffee for those who step lightly.",
    ],
    [
      "Booking",
      "Write to us until noon of the day before; the radio brings your message up at one. Beds are kept until six in the evening. If the weather keeps you below, a word is enough, and your money waits for a better week.",
    ],
  ],
  storiesTitle: "Stories from the hut",
  back: "All stories",
  stories: [
    {
      title: "The winter room",
      teaser: "Six bunks, a candle and the book in which everybody wrote the same sentence.",
      paragraphs: [
        "When we close in October, the room to the left of the door stays open. There are six bunks in it, a shovel, an iron stove and as much wood as the last who came have left. It is nobody's and everybody's, as winter rooms are.",
        "On its shelf lies a school exercise book. The first entry is of February 1954: two surveyors, four days of snow, and 'we have burned the bench, and shall bring another'. They did; it came up in June on the back of the younger one, and it is the bench you sit on when you take your boots off.",
        "Since then there are some eleven hundred entries. They tell of weather, as they should, and of soup made of snow and one stock cube. And nearly all end, whatever the language, with the sentence that hangs over the door today: leave more wood than you have found.",
      ],
    },
    {
      title: "Tuesday's mule",
      teaser: "She knows the way, the hour and the weight of a cheese. We only walk beside her.",
      paragraphs: [
        "Her name is Marquesa, and she has gone up this path some nine hundred times. A load is sixty kilos, evenly on both sides; at sixty-two she stands still, looks at the valley, and waits for somebody to see reason.",
        "Twice a helicopter would have been cheaper. But the path is open because somebody walks it every Tuesday: the stones that the rain has moved are put back, the red marks are seen, the bridge is looked at. A path that is flown over is gone in five years.",
        "At the bend where the larches end there is a flat stone. There she gets half an apple, uphill and downhill. We have tried once to forget it.",
      ],
    },
    {
      title: "How to read the morning",
      teaser: "Four signs before breakfast that have more to say than the forecast.",
      paragraphs: [
        "The forecast is made for the plain, and it is good. What it does not know is our pass. So before breakfast the guardian goes out once round the house, and so may you.",
        "First the grass: dry at six o'clock means that the night was windy or cloudy, and that something comes. Then the choughs: if they circle high, you may go far; if they sit on the roof, stay near it. Then the smoke: straight up is a day for the ridge, and flat over the roof is a day for the book by the stove.",
        "And last the pass itself. If you can count the stones of the cairn, the air is dry and the day is long. If the cairn seems near enough to touch, take your coat: rain by four.",
      ],
    },
  ],
  wayTitle: "Getting here",
  wayLead:
    "There are three ways up, and none of them is for wheels. Times are for a fit person with a pack who stops to look, because you will.",
  wayFrom: "From",
  wayTime: "Time",
  wayUp: "Up",
  wayWater: "Last water",
  ways: [
    ["Vegarredonda, end of the bus", "3 h 15 min", "1,020 m", "Fuente del Pastor, 1,760 m"],
    ["Puente Viejo, by the gorge", "4 h 30 min", "1,280 m", "the stream, to 1,900 m"],
    ["Over the pass from the north", "6 h", "1,150 m", "Ibón Chico, 2,150 m"],
  ],
  way: [
    [
      "By bus",
      "The bus leaves the station at 7.10 and 14.40 from June to September and ends in Vegarredonda, where the bar has bread from six. With the second one you arrive at the hut for dinner, if you do not linger over the coffee.",
    ],
    [
      "The usual path",
      "From the bar cross the bridge and keep left of the chapel. The path climbs through beech, then larch; after two hours a flat stone marks the end of the trees. From there you see the hut, and for another hour it does not come nearer. It is marked all the way.",
    ],
    [
      "The gorge",
      "The gorge is the loveliest of the three, and closed after rain: the third ford is thigh-deep within an hour. Ask at Puente Viejo. Take a second pair of socks.",
    ],
    [
      "With children",
      "From eight years on, by the usual path, with an early bus and a bag of cherries for the last hour.",
    ],
  ],
  footer: "Refugio Alto is made up; the design of its page is not. It is chosen for you by Perennial.",
  consentTitle: "May this page adapt to you?",
  consentText:
    "If you agree, it asks for a design that fits your device and hour, and tells how the visit went: time, scrolling, clicks. What it knows of earlier visits stays on your device. No cookies.",
  consentYes: "Yes, adapt",
  consentNo: "No",
  theme: "Theme",
  font: "Font",
  density: "Density",
  asOffered: "as offered",
  light: "light",
  dark: "dark",
  auto: "as the device",
  sans: "sans serif",
  serif: "serif",
  mono: "monospaced",
  low: "airy",
  medium: "medium",
  high: "dense",
  howIsIt: "How does it read?",
  outOf: "of 5",
  forget: "Forget me",
};
