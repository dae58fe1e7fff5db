-- Copyright (C) 2026 pancake checkout contributors

-- Every buyer has another address: each request needs a signature of its own.
--
-- wrk -t1 -c32 -d10s --latency -s t/bench/wrk/unique.lua http://HOST/buy/pro
--
-- PRODUCT=PROD_... in the environment names a product and US dollars, too.

local product = os.getenv("PRODUCT")
local head = "{" .. (product and '"productId":"' .. product
                     .. '","currency":"USD",' or "") .. '"buyerEmail":"ada'
local tail = '@example.com","billingDetail":'
    .. '{"country":"DE","isBusiness":false,"postcode":"10115"},'
    .. '"language":"en","darkMode":false}'

-- also not those of the run before

local n = os.time() % 1000000 * 1000000

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
    n = n + 1
    return wrk.format(nil, nil, nil, head .. string.format("%d", n) .. tail)
end
