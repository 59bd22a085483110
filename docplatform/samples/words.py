"""Words the corpus is made of. All people, firms and places are invented; any likeness is chance."""

# ruff: noqa: E501, SIM905
# One template, or one list of words, a line: broken up, nobody could read or count them.

from __future__ import annotations

FIRST_NAMES = tuple(
    "Alma Anton Beatrix Bruno Carla Cedric Dalia Darius Edda Emil Farah Felix Greta Gustav Hanna Hugo Ida Ivo Jolanda "
    "Jonas Kaia Kasper Leonie Lukas Mara Milo Nadia Nils Odette Oskar Paula Piet Rania Rufus Selma Stellan Tilda Tomas "
    "Ulla Viggo Wanda Yannick Zelda Zoltán Aurélie Søren Björn Mei Kofi Amara Ravi".split()
)
LAST_NAMES = tuple(
    "Abelmann Ardenfield Birkholt Brannigan Castelow Corvender Dahlquist Dunmorrow Eastlake Ekstrand Fairweather Falkrow "
    "Grimsby Gallowhill Hartsfeld Holloway Ingersund Ivarsen Jessop Kestrelman Kirkenfeld Lindqvist Lorrimer Marchbanks "
    "Merriden Northgate Nyström Oakhurst Ormsby Penhallow Pickersgill Quillfeather Rasmusson Ravenscar Sandmoor Silverton "
    "Thistlewood Tremaine Underhay Vanterpool Vickersley Wetherby Whitlock Yarrow Zimmerlund".split()
)
FIRM_STEMS = tuple(
    "Aldermoor Amberlight Blackfen Bluehaven Brightwater Copperline Cranford Deepwell Driftwood Elmstead Fernhill "
    "Foxglove Glenbrook Goldcrest Greywick Harrowgate Highmark Ironbridge Juniper Kingfisher Larkspur Lowmoor Maplegate "
    "Millrace Nettlebed Northwind Oldcastle Orchard Pinecroft Quayside Redfern Ridgeway Silverbirch Stonebeck Sunfield "
    "Tidewater Umberland Vale Westmark Willowbank Yewtree Zephyr".split()
)
FIRM_TRADES = tuple(
    "Logistics|Office Supplies|Instruments|Catering|Textiles|Print Works|Components|Foods|Furniture|Energy|Packaging|"
    "Consulting|Hardware|Software|Cleaning Services|Botanicals|Timber|Optics|Marine|Freight|Labs|Tools|Travel".split(
        "|"
    )
)
FIRM_FORMS = ("Ltd", "Inc.", "GmbH", "LLC", "& Sons", "Co.", "Group", "B.V.", "plc", "S.A.")
BANK_FORMS = (
    "Savings Bank",
    "Credit Union",
    "Capital LLC",
    "Bank plc",
    "Mutual Finance",
    "Lending Inc.",
    "Trust Company",
)
STREETS = tuple(
    "Alder Lane|Bellfounder Street|Canal Walk|Dovecote Road|Eastgate|Ferry Hill|Granary Yard|Harbour Terrace|Ivy Court|"
    "Juniper Way|Kiln Street|Lime Avenue|Mill Road|Narrow Street|Orchard Row|Poplar Drive|Quarry Bank|Ropewalk|"
    "Station Approach|Tanner's Row|Upper Wharf|Vine Street|Weaver's Green|Yard Lane".split("|")
)
TOWNS = tuple(
    "Ashbourne Vale|Brackenford|Castle Morrow|Dunwater|Eastholm|Fairhythe|Greyminster|Holmquay|Inverley|Kettlebridge|"
    "Lowestead|Marshgate|Northolm|Oxmere|Pendlebury Cross|Queensferry Moor|Rookhaven|Saltmarsh|Thornwick|Upper Lyde|"
    "Wexholm|Yarrowdale".split("|")
)
GOODS = tuple(
    "Copy paper A4, 500 sheets|Toner cartridge black|Desk lamp, adjustable|Ergonomic chair|Whiteboard marker set|"
    "Network cable 5 m|USB-C docking station|27-inch monitor|Wireless keyboard|Standing desk frame|Label printer|"
    "Shipping boxes, pack of 20|Bubble wrap roll|Hand soap refill|Filter coffee 1 kg|Green tea, 100 bags|First aid kit|"
    "Safety gloves size L|Cordless drill|Hex key set|Masking tape|Extension lead 3 m|Server rack shelf|Cable ties (100)|"
    "Consulting hours|On-site installation|Annual maintenance|Software licence, 10 seats|Training day|Delivery charge|"
    "Translation, per page|Window cleaning|Waste collection|Plant care|Courier service|Projector rental".split("|")
)
SHOP_GOODS = tuple(
    "Milk 1L|Bread wholegrain|Butter 250g|Eggs x10|Apples 1kg|Bananas|Tomatoes|Cheddar 200g|Pasta 500g|Rice 1kg|"
    "Olive oil|Dark chocolate|Mineral water 6x|Orange juice|Espresso|Flat white|Croissant|Cheese sandwich|Soup of day|"
    "Veg lasagne|Lemonade|House salad|Batteries AA 4pk|Notebook A5|Gel pen blue|Umbrella|Phone cable|Hand cream|"
    "Toothpaste|Shampoo|Tissues|Light bulb LED|Birthday card|Gift wrap|Socks 3 pairs|Garden twine".split("|")
)
SHOPS = tuple(
    "The Corner Larder|Greengage Market|Bean & Barrow|Hob Lane Bakery|Daily Basket|Petal & Pine|Ferry Books|"
    "Lantern Cafe|Copper Kettle|Quick Stop 24|Meadow Grocer|Harbour Deli|Paper Crane|Tin Roof Diner|Homeware Hall".split(
        "|"
    )
)
CURRENCIES = (("$", "USD"), ("£", "GBP"), ("€", "EUR"))
