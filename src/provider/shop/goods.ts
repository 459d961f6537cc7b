/** What the demo shop sells and to whom; and a basket as Klarna wants to see it. */
import { containedTax } from '../../money/lines.ts';

/** Prices in minor units: with tax, except in the US, where tax comes on top. */
const PRODUCTS = [
  { id: 'MUG', name: 'Coffee mug', prices: { SE: 17_900, DE: 1_690, GB: 1_490, US: 1_800 } },
  { id: 'BLANKET', name: 'Wool blanket', prices: { SE: 89_900, DE: 8_490, GB: 7_490, US: 8_900 } },
  { id: 'LANTERN', name: 'Storm lantern', prices: { SE: 49_900, DE: 4_690, GB: 3_990, US: 4_900 } },
] as const;

/** Tax rates in basis points (2500 = 25 %). The shoppers are made up, and Klarna approves them. */
const COUNTRIES = {
  SE: {
    name: 'Sweden',
    currency: 'SEK',
    locale: 'en-SE',
    tax_rate: 2_500,
    shopper: {
      given_name: 'Alma',
      family_name: 'Ek',
      email: 'customer@email.se',
      phone: '+46701740615',
      street_address: 'Storgatan 1',
      postal_code: '123 45',
      city: 'Stockholm',
      country: 'SE',
    },
  },
  DE: {
    name: 'Germany',
    currency: 'EUR',
    locale: 'en-DE',
    tax_rate: 1_900,
    shopper: {
      given_name: 'Mara',
      family_name: 'Linde',
      email: 'customer@email.de',
      phone: '+4917614284340',
      street_address: 'Gartenstrasse 7',
      postal_code: '10115',
      city: 'Berlin',
      country: 'DE',
    },
  },
  GB: {
    name: 'United Kingdom',
    currency: 'GBP',
    locale: 'en-GB',
    tax_rate: 2_000,
    shopper: {
      given_name: 'Jane',
      family_name: 'Ash',
      email: 'customer@email.uk',
      phone: '+447755564318',
      street_address: '13 Mill Lane',
      postal_code: 'W13 3BG',
      city: 'London',
      country: 'GB',
    },
  },
  US: {
    name: 'United States',
    currency: 'USD',
    locale: 'en-US',
    tax_rate: 800,
    shopper: {
      given_name: 'June',
      family_name: 'Reed',
      email: 'customer@email.us',
      phone: '+13106683312',
      street_address: '509 Amsterdam Ave',
      postal_code: '10024',
      city: 'New York',
      region: 'NY',
      country: 'US',
    },
  },
} as const;

type Country = keyof typeof COUNTRIES;

const MAX_QUANTITY = 9;

/** What the page needs to show the shelves. */
export const CATALOGUE = { products: PRODUCTS, countries: COUNTRIES, max_quantity: MAX_QUANTITY };

interface Basket {
  readonly country: Country;
  readonly items: readonly { readonly product: (typeof PRODUCTS)[number]; readonly quantity: number }[];
}

/** Prices are looked up here, never taken from the browser. @returns what is wrong with the basket, as a text */
export function readBasket({ country, items }: Readonly<Record<string, unknown>>): Basket | string {
  if (typeof country !== 'string' || !Object.hasOwn(COUNTRIES, country))
    return 'The shop does not sell to this country';
  if (!Array.isArray(items) || items.length === 0) return 'Choose at least one product';
  if (items.length > PRODUCTS.length) return 'Name each product once';
  const chosen: Basket['items'][number][] = [];
  for (const item of items as readonly unknown[]) {
    const { id, quantity } = (item ?? {}) as Readonly<Record<string, unknown>>;
    const product = PRODUCTS.find((each) => each.id === id);
    if (!product) return 'The shop does not have this product';
    if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY)
      return `Choose between 1 and ${MAX_QUANTITY} of each product`;
    chosen.push({ product, quantity });
  }
  return { country: country as Country, items: chosen };
}

/** The body of a session and of an order. */
export function purchaseOf({ country, items }: Basket) {
  const { currency, locale, tax_rate } = COUNTRIES[country];
  const taxOnTop = country === 'US';
  const goods = items.map(({ product, quantity }) => {
    const unit_price = product.prices[country];
    const total_amount = unit_price * quantity;
    const taxed = { tax_rate, total_tax_amount: containedTax(total_amount, tax_rate) };
    const line = { type: 'physical', reference: product.id, name: product.name, quantity, unit_price };
    return { ...line, ...(taxOnTop ? { tax_rate: 0, total_tax_amount: 0 } : taxed), total_amount };
  });
  const net = goods.reduce((sum, line) => sum + line.total_amount, 0);
  const sales_tax = taxOnTop ? Math.round((net * tax_rate) / 10_000) : 0;
  const taxLine = {
    type: 'sales_tax',
    name: 'Sales tax',
    quantity: 1,
    unit_price: sales_tax,
    tax_rate: 0,
    total_tax_amount: 0,
    total_amount: sales_tax,
  };
  return {
    purchase_country: country,
    purchase_currency: currency,
    locale,
    order_amount: net + sales_tax,
    order_tax_amount: taxOnTop ? sales_tax : goods.reduce((sum, line) => sum + line.total_tax_amount, 0),
    order_lines: taxOnTop ? [...goods, taxLine] : goods,
  };
}
