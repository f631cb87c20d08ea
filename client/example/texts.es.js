export const es = {
  documentTitle: "Refugio Alto · un refugio de montaña a 2.410 m",
  skip: "Ir al contenido",
  nav: "Sitio",
  navStories: "Historias",
  navWay: "Cómo llegar",
  settings: "Apariencia",
  kicker: "2.410 m · abierto de junio a octubre",
  title: "Un refugio por encima de los últimos alerces",
  lead: "Dieciocho camas, una estufa, ninguna carretera. Refugio Alto está desde 1931 sobre su hombro de granito, entre el valle donde acaban los autobuses y el collado donde se hace el tiempo.",
  plan: "Planea la subida",
  home: [
    [
      "Qué te espera",
      "El día tiene dos campanas. A las seis y media se enciende la estufa y hay pan; a las siete de la tarde hay sopa, un plato y un postre, de una olla tras otra, y cada cual se sienta donde haya sitio. Entre tanto la casa es tuya si llueve, y la montaña si no.",
      "Se duerme en cuartos de cuatro o de seis, en colchones de verdad y bajo lana. Trae saco sábana, frontal y algo blando para los pies: las botas se quedan en la puerta, en el botero que el primer guarda hizo con un viejo teleférico.",
    ],
    [
      "Agua y luz",
      "La fuente de detrás de la casa da cuatro litros por minuto en un buen agosto, y la mitad en uno malo. Con ella cocinamos y bebemos, y con lo que queda nos lavamos. No hay ducha. Las placas de la pared sur alimentan las lámparas, la radio y el congelador, en este orden; el teléfono se carga de dos a cuatro, cuando al sol le sobra algo.",
    ],
    [
      "Qué cocinamos",
      "Todo lo que pesa más que una cebolla sube en mula los martes y los viernes. Así, la sopa del lunes es un poema sobre lo que quedaba, y el queso del sábado es generoso. Dinos al reservar qué no puedes comer. Nunca hemos mandado a nadie con hambre al otro lado del collado, pero a veces hubo que inventar.",
    ],
    [
      "El collado",
      "Desde el refugio hay hora y media al Collado de los Vientos, primero por losas con marcas rojas y luego por un buen camino de mulas que la nieve deja tarde. Arriba empiezan dos valles y se juntan tres provincias, y en las mañanas claras el mar es una línea de luz al sur. Da la vuelta si la cumbre lleva gorro de nubes: baja más deprisa que tú.",
    ],
    [
      "Silencio",
      "Desde las diez la casa duerme. Quien sale a las cuatro hacia la arista larga hace la mochila la víspera, en el zaguán, y baja la escalera en calcetines. El guarda oye cada tabla, y hace café para quien pisa con cuidado.",
    ],
    [
      "Reservas",
      "Escríbenos hasta el mediodía de la víspera; la radio sube tu mensaje a la una. Las camas se guardan hasta las seis de la tarde. Si el tiempo te retiene abajo basta una palabra, y tu dinero espera una semana mejor.",
    ],
  ],
  storiesTitle: "Historias del refugio",
  back: "Todas las historias",
  stories: [
    {
      title: "El cuarto de invierno",
      teaser: "Seis literas, una vela y el cuaderno en el que todos escribieron la misma frase.",
      paragraphs: [
        "Cuando cerramos en octubre, el cuarto a la izquierda de la puerta queda abierto. Hay en él seis literas, una pala, una estufa de hierro y tanta leña como hayan dejado los últimos. No es de nadie y es de todos, como todo cuarto de invierno.",
        "En la repisa hay un cuaderno de escuela. La primera entrada es de febrero de 1954: dos topógrafos, cuatro días de nieve y «hemos quemado el banco, y traeremos otro». Lo trajeron; subió en junio a espaldas del más joven, y es el banco en el que te quitas las botas.",
        "Desde entonces hay unas mil cien entradas. Hablan del tiempo, como debe ser, y de sopa hecha de nieve y un cubito de caldo. Y casi todas acaban, sea cual sea la lengua, con la frase que hoy cuelga sobre la puerta: deja más leña de la que has encontrado.",
      ],
    },
    {
      title: "La mula del martes",
      teaser: "Sabe el camino, la hora y lo que pesa un queso. Nosotros solo vamos a su lado.",
      paragraphs: [
        "Se llama Marquesa y ha subido este camino unas novecientas veces. La carga son sesenta kilos, iguales a ambos lados; con sesenta y dos se para, mira el valle y espera a que alguien entre en razón.",
        "Dos veces habría salido más barato un helicóptero. Pero el camino está abierto porque alguien lo anda cada martes: las piedras que movió la lluvia vuelven a su sitio, se ven las marcas rojas, se mira el puente. Un camino que se sobrevuela desaparece en cinco años.",
        "En la curva donde acaban los alerces hay una piedra plana. Allí recibe media manzana, al subir y al bajar. Una vez intentamos olvidarlo.",
      ],
    },
    {
      title: "Cómo leer la mañana",
      teaser: "Cuatro señales antes del desayuno que dicen más que el pronóstico.",
      paragraphs: [
        "El pronóstico se hace para el llano, y es bueno. Lo que no conoce es nuestro collado. Por eso el guarda da antes del desayuno una vuelta a la casa, y tú puedes darla con él.",
        "Primero la hierba: seca a las seis quiere decir que la noche tuvo viento o nubes, y que algo viene. Luego las chovas: si giran altas, puedes ir lejos; si están en el tejado, quédate cerca de él. Luego el humo: recto es día de arista, y tendido sobre el tejado es día del libro junto a la estufa.",
        "Y al final el collado mismo. Si puedes contar las piedras del hito, el aire es seco y el día largo. Si el hito parece al alcance de la mano, coge el abrigo: lluvia antes de las cuatro.",
      ],
    },
  ],
  wayTitle: "Cómo llegar",
  wayLead:
    "Hay tres caminos, y ninguno es para ruedas. Los tiempos son de alguien en forma, con mochila, que se para a mirar; porque te pararás.",
  wayFrom: "Desde",
  wayTime: "Tiempo",
  wayUp: "Subida",
  wayWater: "Última agua",
  ways: [
    ["Vegarredonda, fin del autobús", "3 h 15 min", "1.020 m", "Fuente del Pastor, 1.760 m"],
    ["Puente Viejo, por la garganta", "4 h 30 min", "1.280 m", "el arroyo, hasta 1.900 m"],
    ["Por el collado desde el norte", "6 h", "1.150 m", "Ibón Chico, 2.150 m"],
  ],
  way: [
    [
      "En autobús",
      "El autobús sale de la estación a las 7.10 y a las 14.40 de junio a septiembre y acaba en Vegarredonda, donde el bar tiene pan desde las seis. Con el segundo llegas al refugio para la cena, si no te entretienes con el café.",
    ],
    [
      "El camino de siempre",
      "Desde el bar cruza el puente y deja la ermita a la derecha. El camino sube entre hayas y después entre alerces; a las dos horas una piedra plana marca el fin de los árboles. Desde allí se ve el refugio, y durante otra hora no se acerca. Está marcado entero.",
    ],
    [
      "La garganta",
      "La garganta es el más hermoso de los tres, y se cierra después de la lluvia: el tercer vado llega al muslo en una hora. Pregunta en Puente Viejo. Lleva otro par de calcetines.",
    ],
    [
      "Con niños",
      "Desde los ocho años, por el camino de siempre, con el primer autobús y una bolsa de cerezas para la última hora.",
    ],
  ],
  footer: "Refugio Alto es inventado; el diseño de su página, no. Lo elige Perennial para ti.",
  consentTitle: "¿Puede adaptarse esta página a ti?",
  consentText:
    "Si estás de acuerdo, pide un diseño que convenga a tu dispositivo y a la hora, y cuenta cómo fue la visita: tiempo, desplazamiento, clics. Lo que sabe de visitas anteriores se queda en tu dispositivo. Sin cookies.",
  consentYes: "Sí, que se adapte",
  consentNo: "No",
  theme: "Tema",
  font: "Letra",
  density: "Densidad",
  asOffered: "lo propuesto",
  light: "claro",
  dark: "oscuro",
  auto: "como el dispositivo",
  sans: "sin remates",
  serif: "con remates",
  mono: "monoespaciada",
  low: "holgada",
  medium: "media",
  high: "densa",
  howIsIt: "¿Qué tal se lee?",
  outOf: "de 5",
  forget: "Olvídame",
};
