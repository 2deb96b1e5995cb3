"""The words by which people of many countries recognise prices, stock and article numbers.  Data, no decisions."""

import re

PRICE_NAMES = (
    "preis",
    "prix",
    "prijs",
    "precio",
    "preco",
    "prezzo",
    "cena",
    "pret",
    "pris",
    "hinta",
    "kaina",
    "amount",
    "cijena",
    "prc",
    "cost",
)
"""Parts of the names that shops give to the elements of a price."""

OLD_NAMES = re.compile(
    r"old|was(?![a-z])|before|strike|cross|orig|regular|list[-_]?price|listprice|rrp|msrp|uvp|srp(?![a-z])|previous|compare|ancien|barre|statt|antes|anterior|normal|bas(?:e(?!d)|is[-_]?price)|standard|full[-_]?price"
    r"|vorher|stara|regul|vecchi|prev|market[-_]?price|reference|first[-_]?price|high|retail|through|undiscounted|initial|bef(?![a-z])|non[-_]?sale|secondary[-_]?price|past|recommended[-_]?retail|vanaf"
)
GOOD_NAMES = re.compile(
    r"current|sale(?!s)|special|final|now(?![a-z])|our[-_]?price|ourprice|main|actual|selling|buybox|pdp|product[-_]{0,2}(?:detail[-_]*)?price|price[-_]?value|deal|promo|new[-_]?price|primary[-_]?price|today|actuel|aktuell|active"
    r"|product[-_]?info|detail|purchase|big|large|sell[-_]?price|prcisum|todayprice|akcni|item-?price"
)
OTHER_NAMES = re.compile(
    r"ship|deliver|versand|livraison|unit|per[-_]|month|instal|rate(?![a-z])|loan|credit|save|saving|discount|percent|point|bonus|tax|vat(?![a-z])|excl|netto|filter|range|slider|total|cart(?![-_]?price)|basket"
    r"|deposit|fee|history|trade|used|coupon|voucher|gift|alert|grundpreis|measure|warrant|insur|finance|leas|rating|review|tooltip|popover|modal|sticky|club|member|loyal|klarna|paypal|afterpay|compet"
)
OTHER_BLOCKS = re.compile(
    r"relat|recommend|similar|carousel|upsell|cross[-_]?sell|recent|viewed|also|accessor|bundle|sponsor|mini-?cart|header(?![-_]?(?:product|info))|footer|(?<![a-z])nav|menu|sidebar|wishlist|swiper|slick|teaser|suggest"
    r"|complement|together|combo|cross|alternativ|other[-_]|more[-_](?:from|items|products)|listing|merch_|p13n|ads?[-_ ]|banner|comparison|compare|add-?on|warranty|dialog|product-?(?:list|grid|tile|card|thumb)|most[-_]|best[-_]?sell|discover|inspir|outfit|complete[-_]the|look(?![a-z])"
)

BUY = re.compile(
    r"add to (?:\w+ )?(?:cart|bag|basket|trolley|order|shopping)|add to cart|buy (?:it )?now|(?<![a-z])buy(?![a-z])|order now|purchase|place bid|in den (?:waren|einkaufs)korb|jetzt kaufen|in (?:de |het |mijn )?(?:winkel(?:wagen|mand(?:je)?)|mandje)"
    r"|bestellen|toevoegen aan|ajouter (?:au|à|a) |acheter|aggiungi al|acquista|compra|añadir|agregar al|comprar|adicionar|l[äa]gg i|k[øo]p|legg i|osta|lis[äa][äa]|lisa |dodaj|do ko(?:szyka|[šs][íi]k[au])|vlo[žz]it|kupi|koupit|k[úu]pi[ťt]|prida[ťt]"
    r"|adaug[aă]|cump[aă]r|kos[aá]rba|добавить в|в корзину|купить|купити|в кошик|добави|sepete|satın al|προσθήκη|αγορά|أضف|اشتر|加入購物車|加入购物车|立即購買|立即购买|放入購物車|直接購買|カート|購入|장바구니|구매|ใส่ตะกร้า|thêm vào|mua ngay|pievienot|[iį] krep[sš]el|הוסף|add$",
    re.IGNORECASE,
)  # fmt: skip
OUT = re.compile(
    r"out[ -]of[ -]stock|sold[ -]out|(?<![\d.,])0 (?:in stock|available|left|op voorraad|auf lager|en stock)|back in stock (?:on|in|by|from|around|soon)|(?:weer|wieder) (?:op voorraad|leverbaar|verf[üu]gbar|lieferbar|auf lager) (?:op|vanaf|ab|am|in)|de retour en stock|currently unavailable|temporarily unavailable|not available|no longer available|(?<![a-z])unavailable|item (?:has )?ended|not in stock|niet (?:op voorraad|leverbaar|beschikbaar|meer leverbaar)|uitverkocht"
    r"|ausverkauft|nicht (?:auf lager|verf[üu]gbar|lieferbar|vorr[äa]tig|mehr lieferbar)|derzeit nicht|vergriffen|rupture (?:de stock)?|(?:actuellement|temporairement) indisponible|indisponible|[ée]puis[ée]|victime de son succ|non disponibile|attualmente non|esaurito"
    r"|agotado|sin (?:stock|existencias)|no disponible|esgotado|indispon[íi]vel|sem estoque|slutsåld|ej i lager|tillf[äa]lligt slut|udsolgt|ikke p[åa] lager|utsolgt|loppu(?:nut|unmyyty)|ei varastossa|brak w magazynie|niedost[ęe]pn|wyprzedan|vyprod[aá]n|nen[íi] skladem"
    r"|nie je na sklade|vypredan|nedostupn|stoc epuizat|indisponibil|elfogyott|nincs k[ée]szleten|нет в наличии|распродан|закончился|немає в наявності|изчерпан|не е в наличност|t[üu]kendi|stokta yok|εξαντλ|μη διαθέσιμο|rasprodano|ni na zalogi|razprodano|l[äa]bim[üu][üu]dud"
    r"|nav pieejam|neturime|i[šs]parduota|اوت اوف ستوك|غير متوفر|نفد|אזל|缺貨|售完|已售完|售罄|完售|在庫切れ|品切れ|売り切れ|품절|สินค้าหมด|hết hàng|stok habis",
    re.IGNORECASE,
)
IN = re.compile(
    r"in stock|available(?! soon)|ready to ship|ships (?:within|in|today|tomorrow)|left in stock|op voorraad|leverbaar|direct leverbaar|morgen in huis|vandaag besteld|auf lager|sofort (?:lieferbar|verf[üu]gbar)|lieferbar|vorr[äa]tig|verf[üu]gbar|en stock|disponib[il]|disponibile|exp[ée]di[ée] sous"
    r"|in magazzino|disponible|hay stock|em estoque|dispon[íi]vel|i lager|p[åa] lager|varastossa|dost[ęe]pn|na stanie|w magazynie|skladem|na sklade|[îi]n stoc|k[ée]szleten|raktáron|в наличии|є в наявності|в наличност|stokta|διαθέσιμο|na zalogi|dostupno|laos|ir noliktav|yra sand[ėe]lyje|متوفر|במלאי|有貨|現貨|有现货|在庫あり|재고|มีสินค้า|còn hàng",
    re.IGNORECASE,
)
PRE_ORDER = re.compile(
    r"pre-?order|vorbestell|pr[ée]commande|voorbestel|reserveer nu|nu te reserveren|prenota(?:ra)?|preorden|pr[ée]-?venta|reserva ya|f[öo]rboka|forudbestil|ennakkotila|předobjedn|przedsprzeda|предзаказ|預購|予約",
    re.IGNORECASE,
)
BACK_ORDER = re.compile(
    r"back-? ?order|nabestel(?:d|ling)|nabestell|nachbestell|bestelartikel|bestelbaar, levertijd|sur commande|su ordinazione|bajo pedido|sob encomenda|best[äa]llningsvara|bestillingsvare|tilaustuote|na zam[óo]wienie|na objedn[áa]vku|под заказ",
    re.IGNORECASE,
)
DISCONTINUED = re.compile(
    r"(?<!\w)discontinued|uit het assortiment|niet meer (?:leverbaar|in het assortiment)|nicht mehr (?:im sortiment|lieferbar|verf[üu]gbar)|(?:fin de s[ée]rie|arr[êe]t[ée] par le fabricant)|fuori (?:produzione|catalogo)|descatalogado|fora de linha|utg[åa]tt"
    r"|udg[åa]et|poistunut|wycofan|v[ýy]robek ukon[čc]en|снят с производства|販売終了|no longer (?:available|sold|made)",
    re.IGNORECASE,
)
NOTIFY = re.compile(r"notify me|e-?mail (?:me )?when|back in stock|benachrichtig|hou me op de hoogte|houd me op de hoogte|me pr[ée]venir|m'alerter|avvisami|av[íi]same|avise-me|bevaka|powiadom|hl[íi]da[tť]|сообщить о поступлении|貨到通知", re.IGNORECASE)  # fmt: skip
STOCK_NAMES = (
    "stock",
    "avail",
    "voorraad",
    "lager",
    "verfueg",
    "dispon",
    "dostup",
    "sklad",
    "nalich",
    "inventory",
    "soldout",
    "sold-out",
)
"""Parts of the names that shops give to the elements that tell stock."""

SKU_LABEL = re.compile(
    r"(?<!\w)(?:SKU(?: ?(?:code|number|no\.?|#))?|UGS|ASIN|item ?(?:no\.?|number|#|code|id)|numero oggetto(?: ebay)?|num[ée]ro de l.objet(?: ebay)?|numer referencyjny|n[úu]mero de art[íi]culo(?: de ebay)?|(?:ebay )?item number|stock ?(?:no\.?|code|#)|catalog(?:ue)? (?:no\.?|number)|cat\.? ?no\.?|article ?(?:no\.?|number|id|#)|art(?:ikel)?[ .-]{0,3}(?:nr|nummer|no|num|kod|code|number|id)\.?"
    r"|best(?:ell?)?\.?[ -]{0,2}(?:nr\.?|nummer)|produkt ?(?:nr\.?|nummer|kod|id)|product ?(?:code|id|no\.?|number|ref\.?|#)|prod(?:uct)?\. ?(?:code|id)|productcode|productnummer|r[ée]f(?:[ée]rence)?\.?(?: (?:produit|article|fabricant|prodotto))?|ref\.?|riferimento|referencia|refer[êe]ncia|codice(?: (?:articolo|prodotto))?|c[óo]d(?:igo)?\.?(?: (?:do produto|producto|art[íi]culo))?|cod(?: ?produs)?"
    r"|numer (?:katalogowy|artyku[łl]u)|kod (?:produktu|towaru)|nr (?:ref|art|kat)\.?|k[óo]d(?: (?:produktu|zbo[žz][íi]|tovaru))?|katalogov[ée] [čc][íi]slo|[čc][íi]slo (?:produktu|zbo[žz][íi])|cikksz[áa]m|term[ée]kk[óo]d|[šs]ifra(?: (?:artikla|izdelka|proizvoda))?|tuotenumero|tuotekoodi|tootekood|varenr\.?|varenummer|artikelkod|prek[ėe]s kodas|preces kods"
    r"|арт(?:икул)?\.?|код(?: товара| товару)?|номер объявления|inventarnummer|inserat[sn]*(?:nummer)?|anzeigen?(?:nummer|-id|-code|-nr)|(?:ad|post|listing|lot|offer|classified) ?(?:id|no\.?|number|#)|anuncio(?: id)?|מק[\"״']?ט|商品(?:編號|编号|番号|コード)|貨號|品番|型番|상품번호|รหัสสินค้า|mã sản phẩm|رمز المنتج|كود|الرمز|style(?: ?(?:no\.?|number|code|#|id))|web ?(?:id|code)|part ?(?:no\.?|number|#)|model ?(?:no\.?|number|nummer|#|code)|modell?nummer|mfr\.? ?(?:no|part).{0,8}|isbn(?:-?1[03])?|ean(?:-?1?[38])?(?:[ -]?code)?)"
    r"\s{0,3}(?:\([^)]{1,12}\))?\s{0,3}[:#：.№=-]{0,2}\s{0,3}(?:[:#：]\s{0,2})?(?P<value>(?=[\w./+-]{0,40}\d)[A-Z0-9À-Ž](?:[\w./+-]|(?<=\d) (?=\d)){1,29})",
    re.IGNORECASE,
)  # fmt: skip
"""A label with what follows it; weak labels (model, part, ean) are told apart by the reader."""
SKU_LABEL_ENDS = frozenset(
    "sku code number no ugs asin id nr nummer num kod art.-nr art-nr art.nr artnr art.no artikel-nr best.-nr bestell-nr artikelcode webcode bestelnr bestellnr bestelnummer bestellnummer artikelnummer artikelnr productcode productnummer produktnummer ref réf référence reference riferimento referencia referência codice articolo"
    " prodotto código codigo cod cód produs produto producto artículo katalogowy artykułu produktu towaru kat art article číslo zboží tovaru kód cikkszám termékkód šifra artikla izdelka proizvoda tuotenumero tuotekoodi tootekood varenr"
    " varenummer artikelkod kodas kods артикул арт код товара товару объявления inventarnummer inserat inseratnummer anzeigennummer listing lot item ebay oggetto objet artículo référencia referencyjny artikelnumber anuncio מקט"
    " ean ean13 ean8 ean-13 isbn isbn-13 isbn13 model modelnummer modellnummer part style"
    " 商品編號 商品编号 商品番号 商品コード 貨號 品番 型番 상품번호 รหัสสินค้า المنتج كود الرمز produit réf".split()
)
"""Last words of such labels: a quick sieve."""
