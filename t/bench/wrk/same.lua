-- Copyright (C) 2026 pancake checkout contributors

-- Every buyer sends the same: a button without a cart.
--
-- wrk -t1 -c32 -d10s --latency -s t/bench/wrk/same.lua http://HOST/buy/pro
--
-- PRODUCT=PROD_... in the environment names a product and US dollars, too.

local product = os.getenv("PRODUCT")

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = "{" .. (product and '"productId":"' .. product
                   .. '","currency":"USD",' or "")
    .. '"buyerEmail":"ada@example.com","billingDetail":'
    .. '{"country":"DE","isBusiness":false,"postcode":"10115"},'
    .. '"language":"en","darkMode":false}'
