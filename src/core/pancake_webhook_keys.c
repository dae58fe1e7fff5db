
/*
 * Copyright (C) pancake checkout contributors
 *
 * Public and the same for all merchants (contract.md section 8).
 */


#include "pancake_webhook.h"


/* in the order of pancake_webhook_environment_e */

const char *const  pancake_webhook_keys[] = {

    /*
     * SHA-256 of the DER:
     * e39c3c78806dfc0f56b6debfb1fad650fa341fc671a4fb4900e8e263bbdf914b
     */

    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxnmRY6yMMA3lVqmAU6ZG\n"
    "b1sjL/+r/z6E+ZjkXaDAKiqOhk9rpazni0bNsGXwmftTPk9jy2wn+j6JHODD/WH/\n"
    "SCnSfvKkLIjy4Hk7BuCgB174C0ydan7J+KgXLkOwgCAxxB68t2tezldwo74ZpXgn\n"
    "F49opzMvQ9prEwIAWOE+kV9iK6gx/AckSMtHIHpUesoPDkldpmFHlB2qpf1vsFTZ\n"
    "5kD6DmGl+2GIVK01aChy2lk8pLv0yUMu18v44sLkO5M44TkGPJD9qG09wrvVG2wp\n"
    "OTVCn1n5pP8P+HRLcgzbUB3OlZVfdFurn6EZwtyL4ZD9kdkQ4EZE/9inKcp3c1h4\n"
    "xwIDAQAB\n"
    "-----END PUBLIC KEY-----\n",

    /* 24c177484bca4ab317da97af17b41276123f11950582d3639ad5868ce3d591ee */

    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAz+xApdTIb4ua+DgZKQ54\n"
    "iBsD82ybyhGCLRETONW4Jgbb3A8DUM1LqBk6r/CmTOCHqLalTQHNigvP3R5zkDNX\n"
    "iRJz6gA4MJ/+8K0+mnEE2RISQzN+Qu65TNd6svb+INm/kMaftY4uIXr6y6kchtTJ\n"
    "dwnQhcKdAL2v7h7IFnkVelQsKxDdb2PqX8xX/qwd01iXvMcpCCaXovUwZsxH2QN5\n"
    "ZKBTseJivbhUeyJCco4fdUyxOMHe2ybCVhyvim2uxAl1nkvL5L8RCWMCAV55LLo0\n"
    "9OhmLahz/DYNu13YLVP6dvIT09ZFBYU6Owj1NxdinTynlJCFS9VYwBgmftosSE1U\n"
    "dwIDAQAB\n"
    "-----END PUBLIC KEY-----\n"
};
