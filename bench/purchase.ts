/** Who buys what in the benchmark, whichever API it is bought through. */

export const CREDENTIALS = { username: 'K000001_local', password: 'local' } as const;

/** A purchase of two lines as a shop sends it. The amounts add up; the address is that of no test person. */
export const PURCHASE = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'sv-SE',
  order_amount: 40_000,
  order_tax_amount: 8_000,
  order_lines: [
    {
      type: 'physical',
      reference: '19-402-SE',
      name: 'Red T-shirt',
      quantity: 2,
      unit_price: 15_000,
      tax_rate: 2_500,
      total_amount: 30_000,
      total_discount_amount: 0,
      total_tax_amount: 6_000,
    },
    {
      type: 'physical',
      reference: '20-117-SE',
      name: 'Mug',
      quantity: 1,
      unit_price: 10_000,
      tax_rate: 2_500,
      total_amount: 10_000,
      total_discount_amount: 0,
      total_tax_amount: 2_000,
    },
  ],
  billing_address: {
    given_name: 'Alva',
    family_name: 'Lindqvist',
    email: 'alva.lindqvist@example.com',
    phone: '+46701740615',
    street_address: 'Storgatan 12',
    postal_code: '111 22',
    city: 'Stockholm',
    country: 'SE',
  },
  merchant_reference1: 'ON4711',
  merchant_urls: { confirmation: 'https://shop.example/confirmation' },
} as const;

export const CAPTURE = { captured_amount: PURCHASE.order_amount, description: 'Shipped' } as const;
export const REFUND = { refunded_amount: PURCHASE.order_amount, description: 'Returned' } as const;
