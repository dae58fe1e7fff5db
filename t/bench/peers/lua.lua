-- Copyright (C) 2026 pancake checkout contributors

-- A peer of the benchmark, see lua.conf.  Signs with the libcrypto that nginx
-- itself is linked with (3.0 or later).  What can be made once is made once:
-- the key, its context, the digests.

local ffi = require "ffi"
local cjson = require "cjson.safe"

ffi.cdef [[
    typedef struct bio_st BIO;
    typedef struct evp_md_st EVP_MD;
    typedef struct evp_md_ctx_st EVP_MD_CTX;
    typedef struct evp_pkey_st EVP_PKEY;
    typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;

    BIO *BIO_new_mem_buf(const void *buf, int len);
    int BIO_free(BIO *bio);
    EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **key, void *cb,
                                      void *data);

    EVP_MD *EVP_MD_fetch(void *lib, const char *name, const char *props);
    EVP_MD_CTX *EVP_MD_CTX_new(void);
    int EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *md, void *engine);
    int EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t len);
    int EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md,
                           unsigned int *len);

    EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *key, void *engine);
    int EVP_PKEY_sign_init(EVP_PKEY_CTX *ctx);
    int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int mode);
    int EVP_PKEY_CTX_set_signature_md(EVP_PKEY_CTX *ctx, const EVP_MD *md);
    int EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *siglen,
                      const unsigned char *data, size_t len);
]]

local C = ffi.C
local ngx = ngx
local base64 = ngx.encode_base64

local PATH = "/v1/actions/checkout/create-session"
local RSA_PKCS1_PADDING = 1
local SHA256_SIZE = 32
local SIGNATURE_SIZE = 1024     -- an RSA key of 8192 bits

local function made(ptr, what)
    if ptr == nil or ptr == 0 then
        error(what .. " failed")
    end

    return ptr
end

local function read_key(file)
    local stream = assert(io.open(file, "rb"))
    local pem = stream:read("*a")

    stream:close()

    local bio = made(C.BIO_new_mem_buf(pem, #pem), "BIO")
    local key = C.PEM_read_bio_PrivateKey(bio, nil, nil, nil)

    C.BIO_free(bio)

    return made(key, "key")
end

return function(key_file)
    local sha256 = made(C.EVP_MD_fetch(nil, "SHA256", nil), "SHA256")
    local digest = made(C.EVP_MD_CTX_new(), "digest")
    local signer = made(C.EVP_PKEY_CTX_new(read_key(key_file), nil), "signer")

    made(C.EVP_PKEY_sign_init(signer), "sign_init")
    made(C.EVP_PKEY_CTX_set_rsa_padding(signer, RSA_PKCS1_PADDING), "padding")
    made(C.EVP_PKEY_CTX_set_signature_md(signer, sha256), "signature_md")

    local hash = ffi.new("unsigned char[?]", SHA256_SIZE)
    local signature = ffi.new("unsigned char[?]", SIGNATURE_SIZE)
    local size = ffi.new("size_t[1]")

    local function hash_of(text)
        if C.EVP_DigestInit_ex(digest, sha256, nil) ~= 1
            or C.EVP_DigestUpdate(digest, text, #text) ~= 1
            or C.EVP_DigestFinal_ex(digest, hash, nil) ~= 1
        then
            error("digest failed")
        end
    end

    local function sign(text)
        hash_of(text)
        size[0] = SIGNATURE_SIZE

        if C.EVP_PKEY_sign(signer, signature, size, hash, SHA256_SIZE) ~= 1
        then
            error("sign failed")
        end

        return base64(ffi.string(signature, size[0]))
    end

    return function()
        if ngx.req.get_method() ~= "POST" then
            return ngx.exit(405)
        end

        ngx.req.read_body()

        local body = ngx.req.get_body_data()
        local input = body and cjson.decode(body)

        if type(input) ~= "table" or type(input.productId) ~= "string"
            or type(input.currency) ~= "string"
        then
            return ngx.exit(400)
        end

        -- the bytes that came are the bytes that go: nothing is faster

        hash_of(body)

        local timestamp = tostring(ngx.time())
        local text = "POST\n" .. PATH .. "\n" .. timestamp .. "\n"
            .. base64(ffi.string(hash, SHA256_SIZE))

        local reply = ngx.location.capture("/_api" .. PATH, {
            method = ngx.HTTP_POST,
            body = body,
            vars = { timestamp = timestamp, signature = sign(text) },
        })

        local answer = reply.status == 200 and not reply.truncated
            and cjson.decode(reply.body)
        local data = type(answer) == "table" and answer.data
        local url = type(data) == "table" and data.checkoutUrl
        local errors = type(answer) == "table" and answer.errors

        if type(url) ~= "string"
            or (type(errors) == "table" and #errors > 0)
        then
            return ngx.exit(502)
        end

        ngx.header["Cache-Control"] = "no-store"

        return ngx.redirect(url, 302)
    end
end
